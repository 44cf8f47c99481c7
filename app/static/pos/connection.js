/** The line to the shop: says when it is gone, and looks for the shop until it is back. */

import { byId } from "../client/dom.js";
import { isShopError } from "../client/errors.js";
import { backoffMs } from "../client/backoff.js";

export class Connection {
  #timer = 0;

  /** `onRestored` is called when the shop answers again after it did not. */
  constructor({ shop, store, onRestored }) {
    Object.assign(this, { shop, store });
    shop.addEventListener("network", () => {
      this.render();
      if (shop.isOnline) onRestored();
      else this.#scheduleCheck();
    });
    addEventListener("offline", () => shop.setOnline(false));
    addEventListener("online", () => this.#check());
  }

  /** Say what staff must know about the line, and about this browser's memory. */
  render() {
    const messages = [];
    if (!this.shop.isOnline) messages.push("No connection: sales wait here");
    if (!this.store.isSaved) messages.push("This browser keeps nothing: a reload loses what waits");
    const text = messages.join(". ");
    if (byId("connection").textContent !== text) byId("connection").textContent = text;
  }

  /** Ask again after a while. A sale that waits does so too; without one nobody else would. */
  #scheduleCheck(attempt = 0) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#check(attempt + 1), backoffMs(attempt));
  }

  async #check(attempt = 0) {
    clearTimeout(this.#timer);
    if (this.shop.isOnline || this.shop.isClosed) return;
    try {
      await this.shop.callPublic("/healthz");
    } catch (failure) {
      if (!isShopError(failure)) throw failure;
    }
    if (!this.shop.isOnline) this.#scheduleCheck(attempt);
  }
}
