/**
 * Carries sales to the shop and brings back what became of them: one call at a time per
 * sale, again and again until there is an answer, always under the sale's reference.
 *
 * Cards live here and nowhere else: in memory, from the click on "Charge" until the shop has
 * answered. A reload forgets them, on purpose; see README.md for what happens then.
 */

import { isShopError } from "../client/errors.js";
import { backoffMs } from "../client/backoff.js";
import { isInProgress } from "./sale.js";

const POLL_MS = 1500;

export class OrderSender {
  #cards = new Map();
  #running = new Set();
  #pauses = new Set();
  #failures = new Map();
  #lookUpSince = new Map();
  #isStopped = false;

  /**
   * `shop` is the API (client/api.js); `read(id)` returns a sale as it is now, `apply(id, event)`
   * changes it, and has written it down when it returns. `now` is the time of day, which
   * somebody may set; `ticks` are milliseconds that only ever pass.
   */
  constructor({ shop, read, apply, now = Date.now, ticks = () => performance.now() }) {
    Object.assign(this, { shop, read, apply, now, ticks });
  }

  /** Take a card for a sale that is about to be sent. */
  setCard(id, card) {
    this.#cards.set(id, card);
  }

  /** Forget the card of a sale that shall not be sent any more. */
  deleteCard(id) {
    this.#cards.delete(id);
  }

  /** Do nothing any more, and know no card any more: another page has the till. */
  stop() {
    this.#isStopped = true;
    this.#cards.clear();
    this.retryNow();
  }

  /** Start to work on a sale, if nobody does yet. */
  async process(id) {
    if (this.#running.has(id) || this.#isStopped) return;
    this.#running.add(id);
    try {
      while (!this.#isStopped && isInProgress(this.read(id) ?? {})) {
        const pause = await this.#attempt(this.read(id));
        if (pause) await this.#pause(pause);
      }
      this.#cards.delete(id);
      this.#failures.delete(id);
      this.#lookUpSince.delete(id);
    } finally {
      this.#running.delete(id);
    }
  }

  /** Try again at once: the network is back, or somebody has signed in. */
  retryNow() {
    this.#failures.clear();
    for (const end of this.#pauses) end();
  }

  /** Do one thing for a sale; returns how long to wait before the next, in milliseconds. */
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

  async #send(sale) {
    const card = this.#cards.get(sale.id);
    if (!card) {
      this.apply(sale.id, { type: "cardless" });
      return 0;
    }
    this.apply(sale.id, { type: "send", at: this.now() });
    const order = { ...sale.attempt.body, card };
    try {
      const answer = await this.shop.placeOrder(sale.customer.id, order, sale.reference);
      this.apply(sale.id, { type: "answered", answer });
    } catch (failure) {
      if (!isShopError(failure)) throw failure;
      if (failure.status === 422) this.apply(sale.id, { type: "conflict" });
      else if (failure.isFinal) this.apply(sale.id, { type: "refused", message: failure.message });
      else {
        this.apply(sale.id, { type: "unanswered", why: failure.kind });
        return this.#pauseAfter(sale, failure);
      }
    }
    this.#failures.delete(sale.id);
    return 0;
  }

  async #poll(sale) {
    const order = await this.shop.getOrder(sale.customer.id, sale.order.id);
    this.#failures.delete(sale.id);
    if (order.state === "pending") return POLL_MS;
    this.apply(sale.id, { type: "found", order });
    return 0;
  }

  /** Look a sale up by its reference. */
  async #lookUp(sale) {
    const waitedMs = this.#waitedFor(sale);
    const order = await this.shop.findOrder(sale.customer.id, sale.reference);
    this.#failures.delete(sale.id);
    this.apply(sale.id, order ? { type: "found", order } : { type: "missing", waitedMs });
    return order ? 0 : POLL_MS;
  }

  /**
   * Return for how long this page has asked for a sale that was called off. Nothing was sent in
   * that time; what a page before this one saw of it is not known, so it does not count.
   */
  #waitedFor({ id, withdrawn }) {
    if (!withdrawn) return 0;
    if (!this.#lookUpSince.has(id)) this.#lookUpSince.set(id, this.ticks());
    return this.ticks() - this.#lookUpSince.get(id);
  }

  #pauseAfter(sale, failure) {
    const count = this.#failures.get(sale.id) ?? 0;
    this.#failures.set(sale.id, count + 1);
    return backoffMs(count, failure.retryAfterMs);
  }

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
