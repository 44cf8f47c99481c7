/**
 * Paying once. A payment attempt has one `Idempotency-Key`, stored from before the first
 * request until the shop has said what became of it. While a request may still arrive, every
 * further one carries the same key, from whichever tab, and the shop makes at most one order.
 *
 * Stored is `{key, isSent, cart}`: `isSent` once a request may have left, `cart` the cart as it
 * was just before the order was taken out of it. Nothing of the card is stored.
 */

import { newReference } from "../client/reference.js";
import { attemptKey, storage } from "./storage.js";

/** @import { Api } from "../client/api.js" */
/** @import { CartStore } from "./cart-store.js" */
/** @import { Attempt } from "./context.js" */

/** Return the unfinished attempt of `userId`, or null. @param {string} userId @returns {Attempt|null} */
export function findAttempt(userId) {
  const attempt = /** @type {Partial<Attempt>|null} */ (storage.read(attemptKey(userId)));
  return typeof attempt?.key === "string" ? { ...attempt, key: attempt.key } : null;
}

/** Return an attempt as it is stored now; null if another tab has ended it, and may be at the next. @param {string} userId @param {Attempt} attempt */
export function currentAttempt(userId, { key }) {
  const attempt = findAttempt(userId);
  return attempt?.key === key ? attempt : null;
}

/** Start an attempt, or go on with the unfinished one. @param {string} userId */
export function beginAttempt(userId) {
  const attempt = findAttempt(userId) ?? { key: newReference("web") };
  storage.write(attemptKey(userId), attempt);
  return attempt;
}

/** Store more about an attempt, unless it has ended. @param {string} userId @param {Attempt} attempt @param {Partial<Attempt>} changes */
export function updateAttempt(userId, attempt, changes) {
  const current = currentAttempt(userId, attempt);
  if (current) storage.write(attemptKey(userId), { ...current, ...changes });
}

/** End an attempt the shop has answered: the next one gets a key of its own. @param {string} userId @param {Attempt} attempt */
export function endAttempt(userId, attempt) {
  if (currentAttempt(userId, attempt)) storage.write(attemptKey(userId), null);
}

/** Return the order that an attempt has made, or null. @param {Api} api @param {string} userId @param {Attempt} attempt */
export const findOrder = (api, userId, { key }) => api.findOrder(userId, key, { allowGuest: true });

/**
 * Take an order out of the cart, unless it was declined, and end the attempt that made it.
 * @param {CartStore} cartStore @param {string} userId @param {Attempt} attempt
 * @param {{state?: string, cart: {itemid: string, quantity: number}[]}} order
 */
export async function settleAttempt(cartStore, userId, attempt, { state, cart }) {
  const ordered = cart.map(({ itemid: id, quantity }) => ({ id, quantity }));
  const isDone =
    state === "declined" ||
    (await cartStore.removeOrdered(userId, ordered, {
      currentAttempt: () => currentAttempt(userId, attempt),
      saveCart: (lines) => updateAttempt(userId, attempt, { cart: lines }),
    }));
  if (isDone) endAttempt(userId, attempt);
}

/** Settle the unfinished attempt if the shop has an order for it, and has decided on that. @param {{api: Api, cartStore: CartStore}} context */
export async function settleOpenAttempt({ api, cartStore }) {
  const userId = cartStore.owner;
  const attempt = findAttempt(userId);
  if (!attempt?.isSent) return;
  const order = await findOrder(api, userId, attempt);
  if (order && order.state !== "pending") await settleAttempt(cartStore, userId, attempt, order);
}
