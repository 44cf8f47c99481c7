/**
 * Paying once. Whoever pays has one `Idempotency-Key`, kept from before the first try until
 * the shop has said what became of it. As long as a try may be in the air, whatever is sent
 * next carries the same key, from whichever tab, and the shop keeps at most one order.
 *
 * Kept are `{key, isSent, cart}`: `isSent` once a try may have left, `cart` what the basket
 * was just before the order was taken out of it. Of the card nothing is.
 */

import { newReference } from "../client/reference.js";
import { attemptKey, storage } from "./storage.js";

/** Return the attempt of `userId` whose end nobody knows, or null. */
export function openAttempt(userId) {
  const attempt = storage.read(attemptKey(userId));
  return typeof attempt?.key === "string" ? attempt : null;
}

/** Return an attempt as it is now; null if another tab has ended it, and is perhaps at the next. */
export function standing(userId, { key }) {
  const attempt = openAttempt(userId);
  return attempt?.key === key ? attempt : null;
}

/** Start an attempt, or go on with the one that is open. */
export function beginAttempt(userId) {
  const attempt = openAttempt(userId) ?? { key: newReference("web") };
  storage.write(attemptKey(userId), attempt);
  return attempt;
}

/** Note something about an attempt that still stands. */
export function noteAttempt(userId, attempt, facts) {
  const now = standing(userId, attempt);
  if (now) storage.write(attemptKey(userId), { ...now, ...facts });
}

/** The shop has spoken: the next attempt gets a key of its own. */
export function endAttempt(userId, attempt) {
  if (standing(userId, attempt)) storage.write(attemptKey(userId), null);
}

/** Return the order that an attempt has made, or null. */
export const findOrder = (api, userId, { key }) => api.findOrder(userId, key, { allowGuest: true });

/** The shop has the order: what it has in it leaves the basket, and with that the attempt ends. */
export async function finish(basket, userId, attempt, { state, cart }) {
  const ordered = cart.map(({ itemid: id, quantity }) => ({ id, quantity }));
  const isDone =
    state === "declined" ||
    (await basket.remove(userId, ordered, {
      standing: () => standing(userId, attempt),
      note: (lines) => noteAttempt(userId, attempt, { cart: lines }),
    }));
  if (isDone) endAttempt(userId, attempt);
}

/** Finish what has no answer yet, unless the shop has no order or no decision either. */
export async function finishOpen({ api, basket }) {
  const userId = basket.owner;
  const attempt = openAttempt(userId);
  const order = attempt?.isSent ? await findOrder(api, userId, attempt) : null;
  if (order && order.state !== "pending") await finish(basket, userId, attempt, order);
}
