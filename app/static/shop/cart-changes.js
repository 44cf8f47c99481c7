/**
 * Changes of the cart that are shown already and not yet confirmed by the shop. Those of a signed-in user are
 * stored until then: a page that is left or dies before an answer leaves them to the next visit.
 */

import { isShopError, isUnanswered } from "../client/errors.js";
import { newReference } from "../client/reference.js";
import { quantityOf, withAdded, withQuantity } from "./cart-lines.js";
import { changesKey, storage } from "./storage.js";

/** @import { Api } from "../client/api.js" */
/** @import { CartLine } from "../client/types.js" */

/**
 * Until it is sent, further changes of the same article are made part of it.
 * @typedef {object} Change
 * @property {string} id
 * @property {"add"|"set"} kind
 * @property {number} quantity
 * @property {string} key Under which the shop adds it once.
 * @property {number} before The quantity before it.
 * @property {number} madeAt In milliseconds since 1970.
 * @property {string|null} userId Whose cart it is, null for a guest's.
 * @property {boolean} [isSent]
 * @property {Promise<void>} [done]
 */

/** The shop knows the key of an addition for an hour; an older one could count twice. */
const MAX_AGE_MS = 50 * 60_000;

/** Return lines with a change made. @param {CartLine[]} lines @param {Change} change */
export const withChange = (lines, change) =>
  change.kind === "add" ? withAdded(lines, change) : withQuantity(lines, change);

/** Have the shop make a change; safe to repeat. @param {Api} api @param {string} userId @param {Change} change */
export function requestChange(api, userId, { id, kind, quantity, key }) {
  if (kind === "set") return api.setQuantity(userId, id, quantity);
  return api.addToCart(userId, id, quantity, key);
}

export class CartChanges {
  /** In the order in which they were made. @type {Change[]} */
  #changes = [];
  /** What fails while the page is left says nothing about the change. */
  #isLeaving = false;

  constructor() {
    addEventListener("pagehide", () => {
      this.#isLeaving = true;
    });
    addEventListener("pageshow", () => {
      this.#isLeaving = false;
    });
  }

  /** Those that have not been sent. */
  get unsent() {
    return this.#changes.filter(({ isSent }) => !isSent);
  }

  /** @param {Change} change */
  includes(change) {
    return this.#changes.includes(change);
  }

  /** Return lines with all changes made. @param {CartLine[]} lines */
  applyTo(lines) {
    return this.#changes.reduce(withChange, lines);
  }

  /**
   * Make a change part of the one of the same article that has not been sent; returns that, or null.
   * @param {Change["kind"]} kind @param {string} id @param {number} quantity
   */
  merge(kind, id, quantity) {
    const waiting = this.unsent.find((change) => change.id === id);
    if (!waiting) return null;
    if (kind === "set") waiting.kind = "set";
    waiting.quantity = kind === "set" ? quantity : waiting.quantity + quantity;
    this.#store(waiting);
    return waiting;
  }

  /**
   * @param {string|null} userId @param {Change["kind"]} kind @param {CartLine} line
   * @param {{before: number}} options @returns {Change}
   */
  add(userId, kind, { id, quantity }, { before }) {
    const change = { id, kind, quantity, key: newReference("add"), before, madeAt: Date.now(), userId };
    this.#changes = [...this.#changes, change];
    this.#store(change);
    return change;
  }

  /** The shop has answered, or the shopper was told that it has not. @param {Change} change */
  remove(change) {
    this.#changes = this.#changes.filter((other) => other !== change);
    if (!this.#isLeaving && change.userId) forget(change.userId, change);
  }

  /** Drop all of them: another user has signed in, or out. */
  clear() {
    this.#changes = [];
  }

  /**
   * Have the shop make what a page before this one has not seen confirmed. An addition has its key, and a
   * quantity counts only where the cart has the one from before.
   * @param {Api} api @param {string} userId
   */
  async resend(api, userId) {
    for (const change of stored(userId)) {
      if (this.#changes.some(({ key }) => key === change.key)) continue;
      try {
        const isDue = Date.now() - change.madeAt < MAX_AGE_MS;
        const isOpen = isDue && (change.kind === "add" || (await hasQuantity(api, userId, change)));
        if (isOpen) await requestChange(api, userId, change);
      } catch (failure) {
        if (!isShopError(failure)) throw failure;
        // Later, when the shop can be reached.
        if (isUnanswered(failure)) return;
      }
      forget(userId, change);
    }
  }

  /** @param {Change} change */
  #store({ userId, isSent: _isSent, done: _done, ...change }) {
    if (!userId) return;
    const others = stored(userId).filter(({ key }) => key !== change.key);
    storage.write(changesKey(userId), [...others, change]);
  }
}

/** Whether the cart still has the quantity from before a change. @param {Api} api @param {string} userId @param {Change} change */
const hasQuantity = async (api, userId, { id, before }) => quantityOf(await api.getCart(userId), id) === before;

/** @param {string} userId @returns {Change[]} */
function stored(userId) {
  const changes = storage.read(changesKey(userId));
  return Array.isArray(changes) ? changes.filter((change) => typeof change?.key === "string") : [];
}

/** @param {string} userId @param {Change} change */
function forget(userId, { key }) {
  const before = stored(userId);
  const left = before.filter((change) => change.key !== key);
  if (left.length < before.length) storage.write(changesKey(userId), left.length ? left : null);
}
