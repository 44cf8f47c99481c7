/**
 * Paying once. Whoever pays has one `Idempotency-Key`, kept from before the first try until
 * the shop has said what became of it. As long as a try may be in the air, whatever is sent
 * next carries the same key, from whichever tab, and the shop keeps at most one order.
 *
 * Kept are the key, and what the cart was when its order was taken out of it. Of the card
 * nothing is.
 */

import { newReference } from "../client/reference.js";
import { keep, recall } from "./kept.js";

const placeOf = (userId) => `acme-shop.attempt.${userId}`;

/** Return the attempt of `userId` whose end nobody knows, or null. */
export function openAttempt(userId) {
  const attempt = recall(placeOf(userId));
  return typeof attempt?.key === "string" ? attempt : null;
}

/** Start an attempt, or go on with the one that is open. */
export function beginAttempt(userId) {
  const attempt = openAttempt(userId) ?? { key: newReference("web") };
  keep(placeOf(userId), attempt);
  return attempt;
}

/** Note what the cart was just before the order was taken out of it. */
export function noteCart(userId, attempt, cart) {
  if (isOpen(userId, attempt)) keep(placeOf(userId), { ...attempt, cart });
}

/** The shop has spoken: the next attempt gets a key of its own. */
export function endAttempt(userId, attempt) {
  if (isOpen(userId, attempt)) keep(placeOf(userId), null);
}

/** Another tab may have ended it, and be at the next one. */
const isOpen = (userId, { key }) => openAttempt(userId)?.key === key;
