/** The door: nobody sells who does not work here. */

import { byId, showText } from "../client/dom.js";
import { isShopError } from "../client/errors.js";

export class SignIn {
  constructor({ shop, onSignedIn }) {
    Object.assign(this, { shop, onSignedIn });
    byId("sign-in-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#signIn();
    });
  }

  /** Let in who is signed in already; ask everybody else. */
  start() {
    if (this.shop.user?.isStaff) this.#open();
    else if (this.shop.user) this.show(this.#notStaffMessage());
    else this.show("Sign in to start the shift. Warm-up is optional.");
  }

  show(note) {
    byId("sign-in-note").textContent = note;
    showText(byId("sign-in-error"), "");
    byId("sign-in-page").hidden = false;
    document.body.dataset.view = "sign-in";
    byId("username").focus();
  }

  #notStaffMessage() {
    return `Hello ${this.shop.user.name}! You shop here, but you do not work here, and only staff may ring things up.`;
  }

  async #signIn() {
    const button = byId("sign-in-button");
    if (button.disabled) return;
    button.disabled = true;
    showText(byId("sign-in-error"), "");
    try {
      await this.shop.signIn(byId("username").value.trim(), byId("password").value);
      if (this.shop.user.isStaff) this.#open();
      else showText(byId("sign-in-error"), this.#notStaffMessage());
    } catch (failure) {
      if (!isShopError(failure)) throw failure;
      showText(byId("sign-in-error"), MESSAGES[failure.kind] ?? failure.message);
    } finally {
      button.disabled = false;
      byId("password").value = "";
    }
  }

  #open() {
    byId("sign-in-page").hidden = true;
    this.onSignedIn();
  }
}

const MESSAGES = {
  "sign in": "That name and that password do not train together. Once more?",
  network: "The shop cannot be reached. Is the network out for a run?",
  shop: "The shop does not feel well. Give it a moment.",
};
