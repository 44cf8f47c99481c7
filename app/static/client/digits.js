/** Digits as people type them: of any script, full width, between other characters. */

const DIGIT = /\p{Nd}/gu;
const isDigit = (/** @type {number} */ codePoint) => /\p{Nd}/u.test(String.fromCodePoint(codePoint));

/** Return the value of a decimal digit; Unicode has the ten of each script in a row. @param {string} digit */
function digitValue(digit) {
  const codePoint = digit.codePointAt(0) ?? 0;
  let first = codePoint;
  while (isDigit(first - 1)) first -= 1;
  return (codePoint - first) % 10;
}

/** Return a text with the digits of any script as 0 to 9, like "12/30" for "١٢/٣٠". @param {string} text */
export const toAsciiDigits = (text) =>
  text.normalize("NFKC").replace(DIGIT, (digit) => (digit <= "9" ? digit : String(digitValue(digit))));

/** Return the digits of a text as 0 to 9, and nothing else. @param {string} text */
export const digitsOf = (text) => toAsciiDigits(text).replace(/\D/g, "");
