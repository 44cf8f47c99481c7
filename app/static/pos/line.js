/** The line to the shop: says when it is gone, and looks for the shop until it is back. */

import { byId } from "../client/dom.js";
import { isShopError } from "../client/errors.js";
import { backoffMs } from "../client/backoff.js";

export class Line {
  #timer = 0;

  /** `onBack` is called when the shop answers again after it did not. */
  constructor({ shop, counter, onBack }) {
    Object.assign(this, { shop, counter });
    shop.addEventListener("network", () => {
      this.show();
      if (shop.isOnline) onBack();
      else this.#look();
    });
    addEventListener("offline", () => shop.setOnline(false));
    addEventListener("online", () => this.#ask());
  }

  /** Say what staff must know about the line, and about this browser's memory. */
  show() {
    const words = [];
    if (!this.shop.isOnline) words.push("No connection: sales wait here");
    if (!this.counter.isKept) words.push("This browser keeps nothing: a reload loses what waits");
    const text = words.join(". ");
    if (byId("network").textContent !== text) byId("network").textContent = text;
  }

  /** Ask again after a while. A sale that waits does so too; without one nobody else would. */
  #look(attempt = 0) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(attempt + 1), backoffMs(attempt));
  }

  async #ask(attempt = 0) {
    clearTimeout(this.#timer);
    if (this.shop.isOnline || this.shop.isClosed) return;
    try {
      await this.shop.callPublic("/healthz");
    } catch (failure) {
      if (!isShopError(failure)) throw failure;
    }
    if (!this.shop.isOnline) this.#look(attempt);
  }
}
