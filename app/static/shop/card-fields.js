/** The three fields of a card. What is typed stays in them until it goes to the shop. */

import {
  brandOf,
  codeLengthOf,
  digitsOf,
  formatExpiry,
  groupAsTyped,
  hasExpired,
  passesLuhn,
  readExpiry,
  TEST_CARDS,
} from "../client/card.js";
import { el } from "../client/dom.js";
import { field } from "./form.js";

const MIN_DIGITS = 12;

/** A number with a valid check digit and no brand: the form accepts it, the shop declines it. */
const UNKNOWN_CARD = {
  name: "Mystery card",
  hint: "declined",
  number: "9999 9999 9999 9995",
  expiry: "12/30",
  code: "123",
};

export function cardFields() {
  const number = field({
    name: "cc-number",
    label: "Card number",
    inputmode: "numeric",
    autocomplete: "cc-number",
    maxlength: 26,
    placeholder: "1234 5678 9012 3456",
    check: numberError,
    format: (input) => {
      groupAsTyped(input);
      number.hint.textContent = brandOf(digitsOf(input.value));
    },
  });
  const expiry = field({
    name: "cc-exp",
    label: "Good through",
    inputmode: "numeric",
    autocomplete: "cc-exp",
    maxlength: 7,
    placeholder: "MM/YY",
    kind: "half",
    check: expiryError,
    format: (input) => (input.value = formatExpiry(input.value)),
  });
  const code = field({
    name: "cc-csc",
    label: "Security code",
    inputmode: "numeric",
    autocomplete: "cc-csc",
    maxlength: 4,
    placeholder: "123",
    kind: "half",
    check: (value) => codeError(value, digitsOf(number.value)),
    format: (input) => (input.value = digitsOf(input.value)),
  });
  const all = [number, expiry, code];
  return {
    all,
    /** Return the card in the shop's shape; the fields must be fine. */
    read() {
      const { month, year } = readExpiry(expiry.value);
      return {
        number: digitsOf(number.value),
        expMonth: String(month).padStart(2, "0"),
        expYear: String(year),
        ccv: code.value,
      };
    },
    clear() {
      for (const field of all) field.clear();
    },
    /** Return buttons that fill in test cards, for a local shop. */
    testCards: (onChosen) =>
      el(
        "div",
        { class: "test-cards", role: "group", "aria-label": "Test cards" },
        el("small", {}, "Test cards, this is a local shop:"),
        ...[...TEST_CARDS.filter(({ hint }) => hint === "pays"), UNKNOWN_CARD].map((card) =>
          el(
            "button",
            {
              type: "button",
              class: "test-card",
              onclick: () => {
                number.value = card.number;
                expiry.value = card.expiry;
                code.value = card.code;
                onChosen();
              },
            },
            el("b", {}, card.name),
            el("small", {}, card.hint),
          ),
        ),
      ),
  };
}

function numberError(value) {
  const digits = digitsOf(value);
  if (!digits) return "The card number is missing.";
  if (digits.length < MIN_DIGITS) return "A card number has at least 12 digits. This one is still warming up.";
  return passesLuhn(digits) ? "" : "There is a typo in this number; cards check themselves.";
}

function expiryError(value) {
  const expiry = readExpiry(value);
  if (!expiry || expiry.month < 1 || expiry.month > 12) return "Month and year, like 12/30.";
  return hasExpired(expiry) ? "This card has retired. It had a good run." : "";
}

function codeError(value, digits) {
  const length = codeLengthOf(digits);
  return value.length === length ? "" : `The security code has ${length === 4 ? "four" : "three"} digits.`;
}
