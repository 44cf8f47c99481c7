/**
 * What pages know about cards, so that a typing error is named before the shop is asked.
 * Whether a card is accepted is the shop's decision (openapi/CONTRACT.md, chapter 4).
 */

import { digitsOf, toAsciiDigits } from "./digits.js";

/** @import { Card } from "./types.js" */

/** @type {[string, RegExp][]} */
const BRANDS = [
  ["American Express", /^3[47]/],
  ["Diners Club", /^3(?:0[0-59]|[689])/],
  ["JCB", /^35/],
  ["Mastercard", /^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/],
  ["China UnionPay", /^62/],
  ["Discover", /^(?:6011|64[4-9]|65)/],
  ["Visa", /^4/],
];

/** The fewest and the most digits of any brand (openapi/CONTRACT.md, chapter 4.2). */
export const MIN_DIGITS = 13;
export const MAX_DIGITS = 19;

/** The time zone in which a day ends last is twelve hours behind UTC. */
const LATEST_ZONE_MS = -12 * 60 * 60 * 1000;

/** Return what a card most likely is, for people; "" if unknown. @param {string} digits */
export const brandOf = (digits) => BRANDS.find(([, start]) => start.test(digits))?.[0] ?? "";

/** Return digits grouped as they are printed on the card. @param {string} digits */
export function groupDigits(digits) {
  if (brandOf(digits) === "American Express") {
    return [digits.slice(0, 4), digits.slice(4, 10), digits.slice(10)].filter(Boolean).join(" ");
  }
  return digits.match(/.{1,4}/g)?.join(" ") ?? "";
}

/** Whether the check digit is right (ISO/IEC 7812-1, annex B). @param {string} digits */
function passesLuhn(digits) {
  const sum = [...digits].reverse().reduce((total, digit, index) => {
    const value = Number(digit) * (index % 2 ? 2 : 1);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return digits.length > 0 && sum % 10 === 0;
}

/** Return how many digits the security code of a card has. @param {string} digits */
export const codeLengthOf = (digits) => (brandOf(digits) === "American Express" ? 4 : 3);

/** @typedef {{month: number, year: number}} Expiry The year has four digits. */

/** Month first or year first; a year of two digits or four, of this century; with a separator, or without. */
const EXPIRY_FORMS = [
  /^(?<month>\d{1,2})\D+(?<year>20\d{2}|\d{2})$/,
  /^(?<year>20\d{2})\D+(?<month>\d{1,2})$/,
  /^(?<month>0[1-9]|1[0-2])(?<year>20\d{2}|\d{2})$/,
  /^(?<month>[1-9])(?<year>20\d{2}|\d{2})$/,
  /^(?<year>20\d{2})(?<month>0[1-9]|1[0-2])$/,
];
const EXPIRY_CHARACTERS = /^[\d\s/.\-\u2010-\u2015]+$/;

/**
 * Return the expiry that a text means, or null: 12/30, 1/2030, 130, 2030-12, 12 / 2030.
 * @param {string} text @returns {Expiry|null}
 */
export function readExpiry(text) {
  const typed = toAsciiDigits(text).trim();
  if (!EXPIRY_CHARACTERS.test(typed)) return null;
  for (const form of EXPIRY_FORMS) {
    const { month, year } = form.exec(typed)?.groups ?? {};
    if (month && year && Number(month) >= 1 && Number(month) <= 12) {
      return { month: Number(month), year: year.length === 2 ? 2000 + Number(year) : Number(year) };
    }
  }
  return null;
}

/** Return an expiry as it is printed on the card. @param {Expiry} expiry */
export const formatExpiry = ({ month, year }) => `${String(month).padStart(2, "0")}/${String(year).slice(-2)}`;

/**
 * Whether a card has expired in every time zone: it is valid through the last day of its month,
 * which ends last at UTC-12. The shop judges by its own clock, in UTC, and decides.
 * @param {Expiry} expiry @param {number} [now] Milliseconds since 1970.
 */
function hasExpired({ month, year }, now = Date.now()) {
  const day = new Date(now + LATEST_ZONE_MS);
  return year * 12 + month - 1 < day.getUTCFullYear() * 12 + day.getUTCMonth();
}

/** @typedef {"missing"|"too short"|"too long"|"mistyped"|"unreadable"|"expired"|"wrong length"} CardProblem */

/** Return what is wrong with a card number, or null. @param {string} text @returns {CardProblem|null} */
export function numberProblem(text) {
  const digits = digitsOf(text);
  if (!digits) return "missing";
  if (digits.length < MIN_DIGITS) return "too short";
  if (digits.length > MAX_DIGITS) return "too long";
  return passesLuhn(digits) ? null : "mistyped";
}

/** Return what is wrong with an expiry, or null. @param {string} text @returns {CardProblem|null} */
export function expiryProblem(text) {
  if (!text.trim()) return "missing";
  const expiry = readExpiry(text);
  if (!expiry) return "unreadable";
  return hasExpired(expiry) ? "expired" : null;
}

/**
 * Return what is wrong with a security code, or null.
 * @param {string} text @param {string} number The card number, whose brand decides the length.
 * @returns {CardProblem|null}
 */
export function codeProblem(text, number) {
  const digits = digitsOf(text);
  if (!digits) return "missing";
  return digits.length === codeLengthOf(digitsOf(number)) ? null : "wrong length";
}

/** @typedef {{number: string, expiry: string, code: string}} CardValues What the fields contain. */

/** Return the card in the shop's shape; the fields must have no problem. @param {CardValues} values @returns {Card} */
export function readCard({ number, expiry, code }) {
  const date = readExpiry(expiry);
  if (!date) throw new RangeError("not an expiry date");
  return {
    number: digitsOf(number),
    expMonth: String(date.month).padStart(2, "0"),
    expYear: String(date.year),
    ccv: digitsOf(code),
  };
}

/** @typedef {CardValues & {name: string, hint: string}} TestCard */

/** Cards that a local shop accepts and refuses; no bank has issued them. @type {TestCard[]} */
export const TEST_CARDS = [
  { name: "Visa", hint: "pays", number: "4111 1111 1111 1111", expiry: "12/30", code: "123" },
  { name: "Mastercard", hint: "pays", number: "5555 5555 5555 4444", expiry: "12/30", code: "123" },
  { name: "Amex", hint: "pays", number: "3782 822463 10005", expiry: "12/30", code: "1234" },
  // With a right check digit and no brand: the forms accept it, the shop declines it.
  { name: "Unknown", hint: "declined", number: "9999 9999 9999 9995", expiry: "12/30", code: "123" },
];

const DECLINE_MESSAGES = new Map([
  ["creditcard has expired", "The card has expired."],
  ["creditcard number is not valid", "The number is not that of a card the shop takes."],
  ["creditcard expiration is not valid", "The expiry date is not a date."],
  ["creditcard cvv is not valid", "The security code does not fit the card."],
  ["payment timed out", "The bank never answered."],
  ["creditcard validation has failed, unable to process payment", "The card did not pass the check."],
]);

/** Return the shop's reason for a decline as a sentence for people. @param {string} reason */
export const declineMessage = (reason) => DECLINE_MESSAGES.get(reason) ?? reason;

/** Return why an order was declined, as its answer said. @param {{declineReason?: string, status: string}} order */
export const declineMessageOf = ({ declineReason, status }) => declineMessage(declineReason || status);

/** Whether the shop runs on this machine, so that test cards and demo users are of use. @param {string} hostname */
export const isLocalShop = (hostname) => ["127.0.0.1", "localhost", "[::1]"].includes(hostname);
