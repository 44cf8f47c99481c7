/** The card fields of the payment form, and the row of test cards of a local shop. */

import {
  brandOf,
  codeLengthOf,
  codeProblem,
  expiryProblem,
  isLocalShop,
  MAX_DIGITS,
  MIN_DIGITS,
  numberProblem,
  readCard,
  TEST_CARDS,
} from "../client/card.js";
import { cleanCode, completeExpiry, formatOnInput, groupNumber, slashExpiry } from "../client/card-input.js";
import { digitsOf } from "../client/digits.js";
import { byId, el, showText } from "../client/dom.js";

/**
 * @typedef {"number" | "expiry" | "code"} FieldName
 * @import { Card } from "../client/types.js"
 */

/** @type {FieldName[]} */
const FIELDS = ["number", "expiry", "code"];

/** @param {FieldName} name */
const field = (name) => /** @type {HTMLInputElement} */ (byId(`card-${name}`));

/** @type {Partial<Record<import("../client/card.js").CardProblem, string>>} */
const NUMBER_ERRORS = {
  missing: "Enter the card number.",
  "too short": `The card number is too short: it has at least ${MIN_DIGITS} digits.`,
  "too long": `The card number is too long: it has at most ${MAX_DIGITS} digits.`,
  mistyped: "A digit of the card number is wrong. Compare it with the card.",
};

export class CardForm {
  constructor() {
    if (isLocalShop(location.hostname)) this.#offerTestCards();
    formatOnInput(field("number"), (input) => {
      groupNumber(input);
      this.#showBrand();
    });
    formatOnInput(field("expiry"), slashExpiry);
    field("expiry").addEventListener("change", () => completeExpiry(field("expiry")));
    formatOnInput(field("code"), cleanCode);
  }

  /** Return `{card}` as the shop wants it, or `{problem, field}` for the first field that is wrong. */
  read() {
    return checkCard({ number: field("number").value, expiry: field("expiry").value, code: field("code").value });
  }

  /** Whether nothing is entered. */
  get isEmpty() {
    return FIELDS.every((name) => !field(name).value);
  }

  focus() {
    field("number").focus();
  }

  /** Empty the fields. */
  clear() {
    this.#fill({ number: "", expiry: "", code: "" });
  }

  /** Say what is wrong, and put the focus there. @param {string} text @param {FieldName | null} [name] */
  showProblem(text, name = null) {
    showText(byId("card-error"), text);
    for (const known of FIELDS) field(known).setAttribute("aria-invalid", String(known === name));
    if (name) field(name).focus();
  }

  /** @param {Record<FieldName, string>} card */
  #fill(card) {
    for (const name of FIELDS) field(name).value = card[name];
    this.#showBrand();
    this.showProblem("");
  }

  #showBrand() {
    const digits = digitsOf(field("number").value);
    byId("card-brand").textContent = digits.length >= 4 ? brandOf(digits) : "";
  }

  #offerTestCards() {
    byId("test-cards").hidden = false;
    for (const test of TEST_CARDS) {
      const onclick = () => {
        this.#fill(test);
        byId("charge").focus();
      };
      byId("test-cards").append(
        el(
          "button",
          { type: "button", class: "test-card", onclick },
          el("b", {}, test.name),
          el("small", {}, test.hint),
        ),
      );
    }
  }
}

/**
 * Return `{card}` in the shop's shape, or `{problem, field}` for the first field that is wrong.
 * What the shop would decline for certain is said before it is asked.
 * @param {Record<FieldName, string>} values
 * @returns {{card: Card, problem?: undefined, field?: undefined} | {card?: undefined, problem: string, field: FieldName}}
 */
function checkCard(values) {
  const { number, expiry, code } = values;
  const numberError = numberProblem(number);
  if (numberError) return { field: "number", problem: NUMBER_ERRORS[numberError] ?? "Check the card number." };
  const expiryError = expiryProblem(expiry);
  if (expiryError === "expired") return { field: "expiry", problem: "This card has expired. Ask for another card." };
  if (expiryError) return { field: "expiry", problem: "Enter month and year as on the card, like 12/30." };
  if (codeProblem(code, number)) {
    return { field: "code", problem: `The security code of this card has ${codeLengthOf(digitsOf(number))} digits.` };
  }
  return { card: readCard(values) };
}
