/** The line to the shop: says when it is gone, and looks for the shop until it is back. */

import { byId } from "../client/dom.js";
import { isShopError } from "../client/errors.js";
import { pauseFor } from "../client/patience.js";

export class Line {
  #timer = 0;

  /** `onBack` is called when the shop answers again after it did not. */
  constructor({ shop, counter, onBack }) {
    Object.assign(this, { shop, counter });
    shop.addEventListener("network", () => {
      this.show();
      if (shop.isUp) onBack();
      else this.#look();
    });
    addEventListener("offline", () => shop.reportNetwork(false));
    addEventListener("online", () => this.#ask());
  }

  /** Say what staff must know about the line, and about this browser's memory. */
  show() {
    const words = [];
    if (!this.shop.isUp) words.push("No connection: sales wait here");
    if (!this.counter.isKept) words.push("This browser keeps nothing: a reload loses what waits");
    const text = words.join(". ");
    if (byId("network").textContent !== text) byId("network").textContent = text;
  }

  /** Ask again after a while. A sale that waits does so too; without one nobody else would. */
  #look(attempt = 0) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(attempt + 1), pauseFor(attempt));
  }

  async #ask(attempt = 0) {
    clearTimeout(this.#timer);
    if (this.shop.isUp || this.shop.isDown) return;
    try {
      await this.shop.open("/healthz");
    } catch (failure) {
      if (!isShopError(failure)) throw failure;
    }
    if (!this.shop.isUp) this.#look(attempt);
  }
}
