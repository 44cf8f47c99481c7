/**
 * Changes of the cart that are shown already and not yet confirmed by the shop. Those of a signed-in user are
 * stored until then: a page that is left or dies before an answer leaves them to the next visit.
 */

import { newReference } from "../client/reference.js";
import { withAdded, withQuantity } from "./cart-lines.js";
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

  /** Whether there is one with this key. @param {string} key */
  hasKey(key) {
    return this.#changes.some((change) => change.key === key);
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
    if (!this.#isLeaving && change.userId) forgetChange(change.userId, change);
  }

  /** Drop all of them: another user has signed in, or out. */
  clear() {
    this.#changes = [];
  }

  /** @param {Change} change */
  #store({ userId, isSent: _isSent, done: _done, ...change }) {
    if (!userId) return;
    const others = storedChanges(userId).filter(({ key }) => key !== change.key);
    storage.write(changesKey(userId), [...others, change]);
  }
}

/** Return the changes of a user that no page has seen confirmed. @param {string} userId @returns {Change[]} */
export function storedChanges(userId) {
  const changes = storage.read(changesKey(userId));
  return Array.isArray(changes) ? changes.filter((change) => typeof change?.key === "string") : [];
}

/** Store a change no longer. @param {string} userId @param {Change} change */
export function forgetChange(userId, { key }) {
  const before = storedChanges(userId);
  const left = before.filter((change) => change.key !== key);
  if (left.length < before.length) storage.write(changesKey(userId), left.length ? left : null);
}
