/** The three fields of a card. What is typed stays in them until it goes to the shop. */

import {
  brandOf,
  codeLengthOf,
  codeProblem,
  expiryProblem,
  MAX_DIGITS,
  MIN_DIGITS,
  numberProblem,
  readCard,
  TEST_CARDS,
} from "../client/card.js";
import { cleanCode, completeExpiry, groupNumber, slashExpiry } from "../client/card-input.js";
import { digitsOf } from "../client/digits.js";
import { el } from "../client/dom.js";
import { field } from "./form.js";

/** @type {Partial<Record<import("../client/card.js").CardProblem, string>>} */
const NUMBER_ERRORS = {
  missing: "The card number is missing.",
  "too short": `A card number has at least ${MIN_DIGITS} digits. This one is still warming up.`,
  "too long": `A card number has at most ${MAX_DIGITS} digits. Something else got in here.`,
  mistyped: "There is a typo in this number; cards check themselves.",
};

/** @type {Partial<Record<import("../client/card.js").CardProblem, string>>} */
const EXPIRY_ERRORS = {
  missing: "Month and year, like 12/30.",
  unreadable: "Month and year, like 12/30.",
  expired: "This card has retired. It had a good run.",
};

export function cardFields() {
  const number = field({
    name: "cc-number",
    label: "Card number",
    inputmode: "numeric",
    autocomplete: "cc-number",
    placeholder: "1234 5678 9012 3456",
    check: (value) => errorText(numberProblem(value), NUMBER_ERRORS),
    format: (input) => {
      groupNumber(input);
      number.hint.textContent = brandOf(digitsOf(input.value));
    },
  });
  const expiry = field({
    name: "cc-exp",
    label: "Good through",
    inputmode: "numeric",
    autocomplete: "cc-exp",
    placeholder: "MM/YY",
    kind: "half",
    check: (value) => errorText(expiryProblem(value), EXPIRY_ERRORS),
    format: slashExpiry,
    complete: completeExpiry,
  });
  const code = field({
    name: "cc-csc",
    label: "Security code",
    inputmode: "numeric",
    autocomplete: "cc-csc",
    placeholder: "123",
    kind: "half",
    check: (value) => (codeProblem(value, number.value) ? codeError(number.value) : ""),
    format: cleanCode,
  });
  const all = [number, expiry, code];
  return {
    all,
    /** Return the card in the shop's shape; the fields must be valid. */
    read: () => readCard({ number: number.value, expiry: expiry.value, code: code.value }),
    clear() {
      for (const field of all) field.clear();
    },
    /** Return buttons that fill in test cards, for a local shop. @param {() => void} onChosen */
    testCards: (onChosen) =>
      el(
        "div",
        { class: "test-cards", role: "group", "aria-label": "Test cards" },
        el("small", {}, "Test cards, this is a local shop:"),
        ...TEST_CARDS.map((card) =>
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

/** @param {import("../client/card.js").CardProblem|null} problem @param {Partial<Record<string, string>>} texts */
const errorText = (problem, texts) => (problem && texts[problem]) || "";

/** @param {string} number */
const codeError = (number) =>
  `The security code has ${codeLengthOf(digitsOf(number)) === 4 ? "four" : "three"} digits.`;
