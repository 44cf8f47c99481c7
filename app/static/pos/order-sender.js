/**
 * Sends sales to the shop and applies the results: one call at a time per sale, repeated
 * until there is an answer, always under the sale's reference.
 *
 * Cards are held here and nowhere else: in memory, from the click on "Charge" until the shop
 * has answered. A reload forgets them, on purpose; see README.md for what happens then.
 */

import { backoffMs } from "../client/backoff.js";
import { isShopError, waitText } from "../client/errors.js";
import { isPaidOrder } from "../client/order-states.js";
import { isInProgress } from "./sale.js";

/**
 * @typedef {import("./sale.js").Sale} Sale
 * @import { Card } from "../client/types.js"
 * @typedef {import("../client/errors.js").ShopError} ShopError
 */

const POLL_MS = 1500;

/** How often a paid order is read again until the shop has written its result. */
const MAX_RECORD_READS = 8;

export class OrderSender {
  /** @type {Map<string, Card>} */
  #cards = new Map();
  /** @type {Set<string>} */
  #running = new Set();
  /** @type {Set<() => void>} */
  #pauses = new Set();
  /** @type {Map<string, number>} */
  #failures = new Map();
  /** @type {Map<string, number>} */
  #lookUpSince = new Map();
  #isStopped = false;

  #shop;
  #read;
  #apply;
  #now;
  #ticks;

  /**
   * @param {{
   *   shop: Pick<import("../client/api.js").Api, "placeOrder" | "getOrder" | "findOrder">,
   *   read: (id: string) => Sale | null,
   *   apply: (id: string, event: import("./sale-transitions.js").SaleEvent) => void,
   *   now?: () => number,
   *   ticks?: () => number,
   * }} options `read` returns a sale as it is now; `apply` changes it, and has stored it when
   *   it returns. `now` is the time of day, which may be set while the page is open; `ticks`
   *   are milliseconds that only increase.
   */
  constructor({ shop, read, apply, now = Date.now, ticks = () => performance.now() }) {
    this.#shop = shop;
    this.#read = read;
    this.#apply = apply;
    this.#now = now;
    this.#ticks = ticks;
  }

  /** Take a card for a sale that is about to be sent. @param {string} id @param {Card} card */
  setCard(id, card) {
    this.#cards.set(id, card);
  }

  /** Forget the card of a sale that must not be sent any more. @param {string} id */
  deleteCard(id) {
    this.#cards.delete(id);
  }

  /** Stop for good and forget all cards: another page has the till. */
  stop() {
    this.#isStopped = true;
    this.#cards.clear();
    this.retryNow();
  }

  /** Send and ask for a sale until it has a result; does nothing when that is going on already. @param {string} id */
  async process(id) {
    if (this.#running.has(id) || this.#isStopped) return;
    this.#running.add(id);
    try {
      for (let sale = this.#read(id); sale && isInProgress(sale) && !this.#isStopped; sale = this.#read(id)) {
        const pause = await this.#attempt(sale);
        if (pause) await this.#pause(pause);
      }
      this.#cards.delete(id);
      this.#failures.delete(id);
      this.#lookUpSince.delete(id);
    } finally {
      this.#running.delete(id);
    }
  }

  /** Try again at once: the network is back, or staff have signed in. */
  retryNow() {
    this.#failures.clear();
    for (const end of this.#pauses) end();
  }

  /** Read a paid order until the shop has written its result, for the receipt. @param {string} id */
  async readRecord(id) {
    for (let read = 0; read < MAX_RECORD_READS && !this.#isStopped; read += 1) {
      const sale = this.#read(id);
      if (sale?.state !== "paid" || sale.record || !sale.order) return;
      try {
        const order = await this.#shop.getOrder(sale.customer.id, sale.order.id);
        if (order.state !== "pending") {
          this.#apply(id, { type: "recorded", order });
          return;
        }
      } catch (failure) {
        if (!isShopError(failure)) throw failure;
      }
      await this.#pause(backoffMs(read));
    }
  }

  /** Make one call for a sale; returns how long to wait before the next, in milliseconds. @param {Sale} sale */
  async #attempt(sale) {
    try {
      if (sale.state === "waiting") return await this.#send(sale);
      if (sale.state === "pending") return await this.#poll(sale);
      return await this.#lookUp(sale);
    } catch (failure) {
      if (!isShopError(failure)) throw failure;
      return this.#pauseAfter(sale, failure);
    }
  }

  /** @param {Sale} sale */
  async #send(sale) {
    const card = this.#cards.get(sale.id);
    if (!card || !sale.attempt || !sale.reference) {
      this.#apply(sale.id, { type: "cardless" });
      return 0;
    }
    this.#apply(sale.id, { type: "send", at: this.#now() });
    const order = { ...sale.attempt.body, card };
    try {
      const answer = await this.#shop.placeOrder(sale.customer.id, order, sale.reference);
      this.#apply(sale.id, { type: "answered", answer });
    } catch (failure) {
      if (!isShopError(failure)) throw failure;
      if (failure.status === 422) this.#apply(sale.id, { type: "conflict" });
      else if (failure.isFinal) this.#apply(sale.id, { type: "refused", message: failure.message });
      else {
        this.#apply(sale.id, { type: "unanswered", why: failure.kind, text: waitText(failure) });
        return this.#pauseAfter(sale, failure);
      }
    }
    this.#failures.delete(sale.id);
    return 0;
  }

  /** @param {Sale} sale */
  async #poll(sale) {
    const order = await this.#shop.getOrder(sale.customer.id, sale.order?.id ?? "");
    this.#failures.delete(sale.id);
    if (!isPaidOrder(order) && order.state !== "declined") return POLL_MS;
    this.#apply(sale.id, { type: "found", order });
    return 0;
  }

  /** Look a sale up by its reference. @param {Sale} sale */
  async #lookUp(sale) {
    const waitedMs = this.#waitedFor(sale);
    const order = await this.#shop.findOrder(sale.customer.id, sale.reference ?? "");
    this.#failures.delete(sale.id);
    this.#apply(sale.id, order ? { type: "found", order } : { type: "missing", waitedMs });
    return order ? 0 : POLL_MS;
  }

  /**
   * Return for how long this page has asked for a cancelled sale, in milliseconds. Nothing was
   * sent in that time; what a page before this one saw is not known, so it does not count.
   * @param {Sale} sale
   */
  #waitedFor({ id, withdrawn }) {
    if (!withdrawn) return 0;
    const since = this.#lookUpSince.get(id) ?? this.#ticks();
    this.#lookUpSince.set(id, since);
    return this.#ticks() - since;
  }

  /** @param {Sale} sale @param {ShopError} failure */
  #pauseAfter(sale, failure) {
    const count = this.#failures.get(sale.id) ?? 0;
    this.#failures.set(sale.id, count + 1);
    return backoffMs(count, failure.retryAfterMs);
  }

  /** @param {number} milliseconds @returns {Promise<void>} */
  #pause(milliseconds) {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.#pauses.delete(end);
        resolve();
      };
      const timer = setTimeout(end, milliseconds);
      this.#pauses.add(end);
    });
  }
}
