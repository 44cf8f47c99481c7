/** The card fields on the payment panel, and the row of test cards of a local shop. */

import { brandOf, formatExpiry, isLocalShop, readCard, TEST_CARDS } from "./payment.js";
import { byId, el, tell } from "./ui.js";

const FIELDS = ["number", "expiry", "code"];

const field = (name) => byId(`card-${name}`);

export class CardForm {
  constructor() {
    if (isLocalShop(location.hostname)) this.#offerTestCards();
    field("number").addEventListener("input", () => this.#showBrand());
    field("expiry").addEventListener("input", ({ target, inputType }) => {
      if (!inputType?.startsWith("delete")) target.value = formatExpiry(target.value);
    });
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
    tell(byId("card-error"), text);
    for (const name of FIELDS) field(name).setAttribute("aria-invalid", String(name === about));
    if (about) field(about).focus();
  }

  #fill(card) {
    for (const name of FIELDS) field(name).value = card[name];
    this.#showBrand();
    this.complain("");
  }

  #showBrand() {
    const digits = field("number").value.replace(/\D/g, "");
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
