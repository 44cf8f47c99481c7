/**
 * The card fields: reading them, and the test cards of a local shop.
 *
 * The till only looks whether there is something to send. Whether a card is good is the
 * shop's to say, so that the till never knows better than the shop.
 */

/** Return `{card}` in the shop's shape, or `{problem, field}` for what is missing. */
export function readCard({ number, expiry, code }) {
  const digits = number.replace(/[\s-]/g, "");
  if (!/^\d{12,19}$/.test(digits)) {
    return { field: "number", problem: "A card number has 12 to 19 digits. This one is still warming up." };
  }
  const date = /^\s*(\d{1,2})\s*[/.\- ]?\s*(\d{4}|\d{2})\s*$/.exec(expiry);
  if (!date) return { field: "expiry", problem: "Good through when? Month and year, like 12/30." };
  if (!/^\s*\d{3,4}\s*$/.test(code)) {
    return { field: "code", problem: "The security code has three digits, or four on American Express." };
  }
  const [, expMonth, year] = date;
  return {
    card: {
      number: digits,
      expMonth: expMonth.padStart(2, "0"),
      expYear: year.length === 2 ? `20${year}` : year,
      ccv: code.trim(),
    },
  };
}

const BRANDS = [
  ["American Express", /^3[47]/],
  ["Diners Club", /^3(?:0[0-59]|[689])/],
  ["JCB", /^35/],
  ["Mastercard", /^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/],
  ["China UnionPay", /^62/],
  ["Discover", /^(?:6011|64[4-9]|65)/],
  ["Visa", /^4/],
];

/** Return what a card most likely is, for people; the shop's verdict does not depend on it. */
export const brandOf = (digits) => BRANDS.find(([, start]) => start.test(digits))?.[0] ?? "";

/** Return an expiry with its slash while it is typed; what was deleted stays deleted. */
export function formatExpiry(typed) {
  const digits = typed.replace(/\D/g, "").slice(0, 6);
  if (digits.length < 3 || /\D$/.test(typed)) return typed.replace(/[^\d/]/g, "");
  return `${digits.slice(0, 2)}/${digits.slice(2)}`;
}

/** Cards a local shop takes and refuses (contract, chapter 4): no bank has ever seen them. */
export const TEST_CARDS = [
  { name: "Visa", hint: "pays", number: "4111 1111 1111 1111", expiry: "12/30", code: "123" },
  { name: "Mastercard", hint: "pays", number: "5555 5555 5555 4444", expiry: "12/30", code: "123" },
  { name: "Amex", hint: "pays", number: "3782 822463 10005", expiry: "12/30", code: "1234" },
  { name: "Old Visa", hint: "expired", number: "4012 8888 8888 1881", expiry: "01/20", code: "123" },
  { name: "Visa", hint: "wrong code", number: "4111 1111 1111 1111", expiry: "12/30", code: "1234" },
  { name: "Typo", hint: "no such card", number: "4111 1111 1111 1112", expiry: "12/30", code: "123" },
];

/** Whether the shop runs on this machine, so that test cards are of use. */
export const isLocalShop = (hostname) => ["127.0.0.1", "localhost", "[::1]"].includes(hostname);
