/** What a scanner has typed, read as a product code. */

import { brandOf, numberProblem, readExpiry } from "../client/card.js";
import { digitsOf } from "../client/digits.js";

const PRODUCT_ID = /^[0-9a-f]{6,}(?:-[0-9a-f]{3,}){2,}$/i;

/** AIM symbology identifier, ISO/IEC 15424: `]`, a letter for the kind of code, and a modifier. */
const AIM_PREFIX = /^\][A-Za-z][0-9A-Za-z]/;

/** What Code 39 can hold (ISO/IEC 16388), and most printed codes keep to: no small letters. */
const CODE_39 = /^[0-9A-Z $%+./-]+$/;

/** A count before the code: "3*" was typed, and the scan followed at once. */
const COUNT_PREFIX = /^(\d{1,2})\*(?=.)/;

/** A GTIN in a GS1 element string, whose application identifier is 01 (GS1 General Specifications, 3.2). */
const GS1_GTIN = /^(?:01|\(01\))(\d{14})/;

/** What codes are made of, and addresses in QR codes. Most passwords have another sign. */
const CODE = /^[0-9A-Za-z $%+./:_-]+$/;
const WEB_ADDRESS = /^[a-z]+:\/\/\S+$/i;

/** Letters of one case and at least one digit: few passwords are made of no more. */
const PLAIN_CODE = /^(?=.*\d)(?:[0-9a-z./_-]+|[0-9A-Z./_-]+)$/;

/** So many characters a password has at least, except old ones. */
const MIN_PASSWORD_LENGTH = 8;

/** As much of a code as tells two apart, and no more than may be shown of a password. */
const SHOWN_START = 3;

/** Lengths of EAN-8, UPC-A, EAN-13 and GTIN-14. */
const GTIN_LENGTHS = [8, 12, 13, 14];

/** What the number row and the punctuation keys send on a US keyboard, without and with Shift. */
const US_KEYS = new Map([
  ["Minus", "-_"],
  ["Equal", "=+"],
  ["BracketLeft", "[{"],
  ["BracketRight", "]}"],
  ["Backslash", "\\|"],
  ["Semicolon", ";:"],
  ["Quote", "'\""],
  ["Comma", ",<"],
  ["Period", ".>"],
  ["Slash", "/?"],
  ["Space", "  "],
  ...("1!2@3#4$5%6^7&8*9(0)".match(/../g)?.map((pair) => /** @type {const} */ ([`Digit${pair[0]}`, pair])) ?? []),
]);

/**
 * Return the character a key has on a US keyboard. Scanners send keys as a US keyboard does
 * unless they are set up otherwise; on a German computer the hyphen then arrives as "ß".
 * @param {KeyboardEvent} event
 */
export function usCharacterOf({ code, key, shiftKey }) {
  const letter = /^Key([A-Z])$/.exec(code ?? "")?.[1];
  if (letter) return shiftKey ? letter : letter.toLowerCase();
  return US_KEYS.get(code ?? "")?.[shiftKey ? 1 : 0] ?? key;
}

/**
 * Return a code without case and punctuation, for looking products up. An EAN or UPC is the same
 * number with any count of leading zeros: a UPC-A may be scanned as an EAN-13.
 * @param {string} code
 */
export function normalizeCode(code) {
  const plain = code.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
  return isGtin(plain) ? plain.padStart(14, "0") : plain;
}

/** Return the codes that stand for a product, normalized. @param {{id: string, sku?: string, barcode?: string}} product */
export const codesOf = ({ id, sku, barcode }) =>
  [id, sku ?? "", barcode ?? ""].filter(Boolean).map((code) => normalizeCode(code));

/**
 * Return how a scan may be read, the likeliest first, as `{code, quantity}`.
 * @param {string} typed What the computer's keyboard layout made of the keys.
 * @param {string} typedUs The same keys on a US keyboard.
 */
export function readingsOf(typed, typedUs) {
  // A count was typed on this keyboard, whatever the scanner's is.
  const { length } = COUNT_PREFIX.exec(typed)?.[0] ?? "";
  const texts = [typed, typed.slice(0, length) + typedUs.slice(length)].map((text) => text.trim());
  const readings = [];
  for (const text of new Set(texts)) {
    const code = text.replace(AIM_PREFIX, "");
    const count = COUNT_PREFIX.exec(code);
    const gtin = GS1_GTIN.exec(code)?.[1] ?? "";
    readings.push({ code, quantity: 1 });
    if (isGtin(gtin)) readings.push({ code: gtin, quantity: 1 });
    if (count && Number(count[1]) > 0)
      readings.push({ code: code.slice(count[0].length).replace(AIM_PREFIX, ""), quantity: Number(count[1]) });
  }
  return readings.filter(({ code }) => code);
}

/** Return the reading to name in a message when no product has the code. @param {{code: string, quantity: number}[]} readings */
export const likeliestCode = (readings) =>
  (
    readings.find(({ code }) => PRODUCT_ID.test(code) || isGtin(code)) ??
    readings.find(({ quantity }) => quantity > 1) ??
    readings.find(({ code }) => /^[\x21-\x7e]+$/.test(code)) ??
    readings[0]
  ).code;

/** Whether digits are an EAN or UPC with its check digit (GS1 General Specifications, 7.9). @param {string} digits */
function isGtin(digits) {
  if (!/^\d+$/.test(digits) || !GTIN_LENGTHS.includes(digits.length)) return false;
  const sum = [...digits].reverse().reduce((total, digit, index) => total + Number(digit) * (index % 2 ? 3 : 1), 0);
  return sum % 10 === 0;
}

/** Whether digits are a card number. @param {string} digits */
const isCardNumber = (digits) => digits.length >= 12 && Boolean(brandOf(digits)) && !numberProblem(digits);

/**
 * Whether a text that was scanned contains a card number, as card readers type it. Thirteen and
 * fourteen digits that are a GTIN are one: Visa numbers of thirteen digits are no longer issued.
 * @param {string} text
 */
export const hasCardNumber = (text) =>
  (text.match(/\d{13,19}/g) ?? []).some((digits) => isCardNumber(digits) && !isGtin(digits));

/** The length of a UUID, and of the shortest code whose check digit leaves little to chance. */
const UUID_LENGTH = 36;
const MIN_COMPLETE_GTIN = 12;

/** Whether a code is certainly one, and whole: an id of ours, an EAN or a UPC. @param {string} code */
export const isCompleteCode = (code) =>
  (PRODUCT_ID.test(code) && code.length === UUID_LENGTH) ||
  (isGtin(code) && code.length >= MIN_COMPLETE_GTIN && !isCardNumber(code));

/** Whether a code that has ended is certainly one: an id of ours, or an EAN or UPC of any length. @param {string} code */
export const isCertainCode = (code) => isCompleteCode(code) || (isGtin(code) && !isCardNumber(code));

/** Whether a text is made of what barcodes are made of, or says that it is one. @param {string} text */
const isBarcodeText = (text) => CODE_39.test(text.trim()) || AIM_PREFIX.test(text.trim());

/** Whether a text is made of what codes of all kinds are made of, small letters among them. @param {string} text */
export const mayBeCode = (text) => CODE.test(text.trim()) || WEB_ADDRESS.test(text.trim());

/** Whether what a machine has typed into a text field may be a code: it has a digit, and no star of a count. @param {string} code */
export const looksLikeCode = (code) => /^[\x21-\x7e]+$/.test(code) && /\d/.test(code) && !/[@*]/.test(code);

/** An expiry date, or what was meant as one: month and year in any order, right or wrong. */
const EXPIRY = /^(?:\d{1,2} ?[/.-] ?\d{2,4}|\d{4} ?[/.-] ?\d{1,2})$/;

/**
 * Whether what a machine has typed where a card is entered cannot belong to one: it has letters, or more digits
 * than a security code and fewer than a card number, and is no expiry date.
 * @param {string} text
 */
export function isNoCardText(text) {
  const { length } = digitsOf(text);
  return /\p{L}/u.test(text) || (length > 4 && length < 12 && !readExpiry(text) && !EXPIRY.test(text.trim()));
}

/**
 * Return the code of a scan as a locked till may show it: "" for a card, and the start of what may be a password.
 * @param {{code: string, quantity: number}[]} readings
 */
export function showableCode(readings) {
  const code = likeliestCode(readings);
  if (readings.some((reading) => hasCardNumber(reading.code))) return "";
  const isPlain = isBarcodeText(code) || PRODUCT_ID.test(code) || PLAIN_CODE.test(code);
  return isPlain || code.length < MIN_PASSWORD_LENGTH ? code : `${code.slice(0, SHOWN_START)}…`;
}

/**
 * Whether fast keys in a text field are a scan although no product has the code: an id of
 * ours, an EAN or UPC, or anything with more digits than people search for. Where a card may be
 * entered a card number is none: card readers type as fast as scanners.
 * @param {string} code @param {{mayBeCard: boolean}} options
 */
export function looksLikeScan(code, { mayBeCard }) {
  if (PRODUCT_ID.test(code)) return true;
  if (/^\d+$/.test(code)) return isGtin(code) && !(mayBeCard && isCardNumber(code));
  // An expiry like 12/2030.
  if (mayBeCard) return false;
  return (
    /^[\x21-\x7e]{6,}$/.test(code) &&
    !/[@*]/.test(code) &&
    code.replace(/\D/g, "").length >= 4 &&
    /^[A-Z0-9./$%+-]+$/i.test(code)
  );
}
