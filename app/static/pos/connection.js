/** The connection to the shop: says when it is lost, and checks until it is back. */

import { OPEN_MODE } from "../client/api-client.js";
import { backoffMs } from "../client/backoff.js";
import { formatDateTime } from "../client/dates.js";
import { byId, showText } from "../client/dom.js";
import { isShopError } from "../client/errors.js";

export class Connection {
  #shop;
  #store;
  #catalog;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {{
   *   shop: import("../client/api.js").Api,
   *   store: import("./sale-store.js").SaleStore,
   *   catalog: import("./catalog.js").Catalog,
   *   onRestored: () => void,
   * }} options `onRestored` runs when the shop answers again after it did not.
   */
  constructor({ shop, store, catalog, onRestored }) {
    this.#shop = shop;
    this.#store = store;
    this.#catalog = catalog;
    catalog.addEventListener("change", () => this.render());
    shop.addEventListener("mode", () => showText(byId("open-mode"), shop.isOpen ? OPEN_MODE : ""));
    shop.addEventListener("network", () => {
      this.render();
      if (shop.isOnline) onRestored();
      else this.#scheduleCheck();
    });
    addEventListener("offline", () => shop.setOnline(false));
    addEventListener("online", () => this.#check());
  }

  /** Show what staff must know about the connection, and about this browser's storage. */
  render() {
    const messages = [];
    if (!this.#shop.isOnline) messages.push("No connection: sales wait here");
    const { keptSince } = this.#catalog;
    if (!this.#shop.isOnline && keptSince) messages.push(`Products and prices of ${formatDateTime(keptSince)}`);
    if (!this.#store.isSaved) messages.push("This browser stores nothing: a reload loses waiting sales");
    const text = messages.join(". ");
    if (byId("connection").textContent !== text) byId("connection").textContent = text;
  }

  /** Check again after a while. A waiting sale does so too; without one nothing else would. */
  #scheduleCheck(attempt = 0) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#check(attempt + 1), backoffMs(attempt));
  }

  async #check(attempt = 0) {
    clearTimeout(this.#timer);
    if (this.#shop.isOnline || this.#shop.isClosed) return;
    try {
      await this.#shop.callPublic("/healthz");
    } catch (failure) {
      if (!isShopError(failure)) throw failure;
    }
    if (!this.#shop.isOnline) this.#scheduleCheck(attempt);
  }
}
