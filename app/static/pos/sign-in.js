/** The sign-in page of the till: only staff may sell. */

import { byId, showText } from "../client/dom.js";
import { isShopError } from "../client/errors.js";

/** @type {Partial<Record<import("../client/errors.js").ShopError["kind"], string>>} */
const MESSAGES = {
  "sign in": "Name or password is wrong. Try again.",
  network: "No connection to the shop. Check the network, then try again.",
  shop: "The shop does not answer. Try again in a moment.",
};

/** @param {string} id */
const input = (id) => /** @type {HTMLInputElement} */ (byId(id));

export class SignIn {
  #shop;
  #onSignedIn;

  /** @param {{shop: import("../client/api.js").Api, onSignedIn: () => void}} options */
  constructor({ shop, onSignedIn }) {
    this.#shop = shop;
    this.#onSignedIn = onSignedIn;
    byId("sign-in-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#signIn();
    });
  }

  /** Open the till for staff who are signed in already; ask everyone else. */
  start() {
    const { user } = this.#shop;
    if (user?.isStaff) this.#open();
    else this.show(user ? this.#notStaffMessage(user.name) : "Sign in to start selling.");
  }

  /** @param {string} note */
  show(note) {
    byId("sign-in-note").textContent = note;
    showText(byId("sign-in-error"), "");
    byId("sign-in-page").hidden = false;
    document.body.dataset.view = "sign-in";
    byId("username").focus();
  }

  /** @param {string} name */
  #notStaffMessage(name) {
    return `${name} is a customer. The till is for staff: sign in with a staff account.`;
  }

  async #signIn() {
    const button = /** @type {HTMLButtonElement} */ (byId("sign-in-button"));
    if (button.disabled) return;
    button.disabled = true;
    showText(byId("sign-in-error"), "");
    try {
      await this.#shop.signIn(input("username").value.trim(), input("password").value);
      const { user } = this.#shop;
      if (user?.isStaff) this.#open();
      else showText(byId("sign-in-error"), this.#notStaffMessage(user?.name ?? ""));
    } catch (failure) {
      if (!isShopError(failure)) throw failure;
      showText(byId("sign-in-error"), MESSAGES[failure.kind] ?? failure.message);
    } finally {
      button.disabled = false;
      input("password").value = "";
    }
  }

  #open() {
    byId("sign-in-page").hidden = true;
    this.#onSignedIn();
  }
}
