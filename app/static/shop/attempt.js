/**
 * Paying once. An attempt has one `Idempotency-Key`, kept in `sessionStorage` from before the
 * first try until the shop has said what became of it. As long as a try may be in the air,
 * whatever is sent next carries the same key, and the shop keeps at most one order.
 *
 * Kept are the key, and of every try its articles and total. Of the card nothing is.
 */

import { newReference } from "../client/reference.js";

const PLACE = "acme-shop.attempt";
let inMemory = null;

/** Return the attempt of `userId` whose end nobody knows, or null. */
export function openAttempt(userId) {
  let attempt = inMemory;
  try {
    attempt = JSON.parse(sessionStorage.getItem(PLACE));
  } catch {
    // Then a reload forgets, and the list of orders is what remains.
  }
  return attempt?.userId === userId ? attempt : null;
}

/**
 * Start an attempt, or go on with the one that is open.
 * @param {string} userId
 * @param {{cart: object[], total: string}} order
 * @param {string|null} after The newest order before this one: what is new comes behind it.
 */
export function beginAttempt(userId, { cart, total }, after) {
  const before = openAttempt(userId) ?? { userId, key: newReference("web"), after, tries: [] };
  const content = contentOf({ cart, total });
  const attempt = { ...before, tries: [...new Set([...before.tries, content])] };
  keep(attempt);
  return attempt;
}

/** The shop has spoken: the next attempt gets a key of its own. */
export function endAttempt() {
  keep(null);
}

function keep(attempt) {
  inMemory = attempt;
  try {
    if (attempt) sessionStorage.setItem(PLACE, JSON.stringify(attempt));
    else sessionStorage.removeItem(PLACE);
  } catch {
    // Kept in memory, at least.
  }
}

/** Return what tells an order from others of the same person. */
const contentOf = ({ cart, total }) =>
  JSON.stringify([total, cart.map(({ itemid, quantity }) => [itemid, quantity]).sort()]);

/** Find the order that an attempt has made, or null: the same articles, behind `after`. */
export async function findOrderOf(api, attempt) {
  let next = null;
  do {
    const page = await api.listOrdersOf(attempt.userId, next, { limit: 20, isGuest: true });
    for (const order of page.orders) {
      if (order._id === attempt.after) return null;
      if (attempt.tries.includes(contentOf(order))) return order;
    }
    next = page.next;
  } while (next);
  return null;
}
