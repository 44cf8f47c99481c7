/** The name of the member of staff at the till: of the one who is signed in, or was last. */

import { byId } from "../client/dom.js";
import { isShopError } from "../client/errors.js";
import { fullName } from "./sale.js";

export class StaffName {
  #shop;
  #signIn;

  text = "";

  /** @param {{shop: import("../client/api.js").Api, signIn: import("./sign-in.js").SignIn}} options */
  constructor({ shop, signIn }) {
    this.#shop = shop;
    this.#signIn = signIn;
  }

  /** Show the login, and the full name once the shop has said it. */
  async show() {
    const { user } = this.#shop;
    this.#set(user?.name ?? this.#signIn.lastName);
    if (!user) return;
    try {
      const profile = await this.#shop.getUser(user.id);
      if (this.#shop.user?.id !== user.id) return;
      this.#set(fullName(profile) || user.name);
      this.#signIn.remember(this.text);
    } catch (failure) {
      if (!isShopError(failure)) throw failure;
    }
  }

  /** @param {string} name */
  #set(name) {
    this.text = name;
    byId("staff-name").textContent = name;
  }
}
