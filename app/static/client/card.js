/**
 * Help with card fields. Whether a card is good is the shop's to say; a page only catches
 * what a person would rather hear before the shop does.
 */

const BRANDS = [
  ["American Express", /^3[47]/],
  ["Diners Club", /^3(?:0[0-59]|[689])/],
  ["JCB", /^35/],
  ["Mastercard", /^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/],
  ["China UnionPay", /^62/],
  ["Discover", /^(?:6011|64[4-9]|65)/],
  ["Visa", /^4/],
];

const MOST_DIGITS = 19;

export const digitsOf = (text) => text.replace(/\D/g, "");

/** Return what a card most likely is, for people; the shop's verdict does not depend on it. */
export const brandOf = (digits) => BRANDS.find(([, start]) => start.test(digits))?.[0] ?? "";

/** Return the digits as they are printed on the card. */
function groupDigits(digits) {
  if (brandOf(digits) === "American Express") {
    return [digits.slice(0, 4), digits.slice(4, 10), digits.slice(10)].filter(Boolean).join(" ");
  }
  return digits.match(/.{1,4}/g)?.join(" ") ?? "";
}

/** Whether the check digit is right (ISO/IEC 7812-1, annex B). */
export function passesLuhn(digits) {
  const sum = [...digits].reverse().reduce((total, letter, place) => {
    const value = Number(letter) * (place % 2 ? 2 : 1);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return digits.length > 0 && sum % 10 === 0;
}

/** Return how many digits the security code of a card has. */
export const codeLengthOf = (digits) => (brandOf(digits) === "American Express" ? 4 : 3);

/** Return an expiry with its slash while it is typed; what was deleted stays deleted. */
export function formatExpiry(typed) {
  const digits = typed.replace(/\D/g, "").slice(0, 6);
  if (digits.length < 3 || /\D$/.test(typed)) return typed.replace(/[^\d/]/g, "");
  return `${digits.slice(0, 2)}/${digits.slice(2)}`;
}

/** Return `{month, year}` of a typed expiry, the year in four digits, or null. */
export function readExpiry(typed) {
  const found = /^\s*(\d{1,2})\s*[/.\- ]?\s*(\d{4}|\d{2})\s*$/.exec(typed);
  if (!found) return null;
  const [, month, year] = found;
  return { month: Number(month), year: year.length === 2 ? 2000 + Number(year) : Number(year) };
}

/** Whether a card with this expiry is over; it is good through the last day of its month. */
export const hasExpired = ({ month, year }, now = new Date()) =>
  year * 12 + month - 1 < now.getFullYear() * 12 + now.getMonth();

/** Group the digits of a field while somebody types, and leave the caret at its digit. */
export function groupAsTyped(input) {
  const before = digitsOf(input.value.slice(0, input.selectionStart)).length;
  const grouped = groupDigits(digitsOf(input.value).slice(0, MOST_DIGITS));
  if (grouped === input.value) return;
  let caret = 0;
  for (let seen = 0; caret < grouped.length && seen < before; caret += 1) {
    if (grouped[caret] !== " ") seen += 1;
  }
  input.value = grouped;
  input.setSelectionRange(caret, caret);
}

/** Cards a local shop takes and refuses (openapi/CONTRACT.md, 4): no bank has ever seen them. */
export const TEST_CARDS = [
  { name: "Visa", hint: "pays", number: "4111 1111 1111 1111", expiry: "12/30", code: "123" },
  { name: "Mastercard", hint: "pays", number: "5555 5555 5555 4444", expiry: "12/30", code: "123" },
  { name: "Amex", hint: "pays", number: "3782 822463 10005", expiry: "12/30", code: "1234" },
  { name: "Old Visa", hint: "expired", number: "4012 8888 8888 1881", expiry: "01/20", code: "123" },
  { name: "Visa", hint: "wrong code", number: "4111 1111 1111 1111", expiry: "12/30", code: "1234" },
  { name: "Typo", hint: "no such card", number: "4111 1111 1111 1112", expiry: "12/30", code: "123" },
];

const REASONS = new Map([
  ["creditcard has expired", "The card has expired."],
  ["creditcard number is not valid", "The number is not that of a card the shop takes."],
  ["creditcard expiration is not valid", "The expiry date is not a date."],
  ["creditcard cvv is not valid", "The security code does not fit the card."],
  ["payment timed out", "The bank never answered."],
  ["creditcard validation has failed, unable to process payment", "The card did not pass the check."],
]);

/** Return the shop's reason for a refusal in plain words. */
export const declineMessage = (reason) => REASONS.get(reason) ?? reason;

/** Whether the shop runs on this machine, so that test cards and demo users are of use. */
export const isLocalShop = (hostname) => ["127.0.0.1", "localhost", "[::1]"].includes(hostname);
