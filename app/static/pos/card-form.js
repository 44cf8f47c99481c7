/** The card fields on the payment panel, and the row of test cards of a local shop. */

import { brandOf, isLocalShop, readExpiry, TEST_CARDS } from "../client/card.js";
import { cleanCode, completeExpiry, formatOnInput, groupNumber, slashExpiry } from "../client/card-input.js";
import { digitsOf } from "../client/digits.js";
import { byId, el, showText } from "../client/dom.js";

const FIELDS = ["number", "expiry", "code"];

const field = (name) => byId(`card-${name}`);

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

  /** Return `{card}` as the shop wants it, or `{problem, field}`. */
  read() {
    return readCard(Object.fromEntries(FIELDS.map((name) => [name, field(name).value])));
  }

  focus() {
    field("number").focus();
  }

  /** Leave nothing of a card in the fields. */
  clear() {
    this.#fill({ number: "", expiry: "", code: "" });
  }

  /** Say what is missing, and go there. */
  complain(text, about = null) {
    showText(byId("card-error"), text);
    for (const name of FIELDS) field(name).setAttribute("aria-invalid", String(name === about));
    if (about) field(about).focus();
  }

  #fill(card) {
    for (const name of FIELDS) field(name).value = card[name];
    this.#showBrand();
    this.complain("");
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
        el("button", { type: "button", class: "test-card", onclick }, el("b", {}, test.name), el("small", {}, test.hint)),
      );
    }
  }
}

/**
 * Return `{card}` in the shop's shape, or `{problem, field}` for what is missing. Whether a
 * card is good is the shop's to say, so that the till never knows better.
 */
function readCard({ number, expiry, code }) {
  const digits = digitsOf(number);
  if (!/^\d{12,19}$/.test(digits)) {
    return { field: "number", problem: "A card number has 12 to 19 digits. This one is still warming up." };
  }
  const date = readExpiry(expiry);
  if (!date) return { field: "expiry", problem: "Good through when? Month and year, like 12/30." };
  if (!/^\s*\d{3,4}\s*$/.test(code)) {
    return { field: "code", problem: "The security code has three digits, or four on American Express." };
  }
  return {
    card: {
      number: digits,
      expMonth: String(date.month).padStart(2, "0"),
      expYear: String(date.year),
      ccv: code.trim(),
    },
  };
}
