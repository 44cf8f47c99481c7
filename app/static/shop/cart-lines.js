/** Lines of a cart, `[{id, quantity}]`: pure functions from one list to another. */

import { MAX_QUANTITY } from "../client/bounds.js";

/** @import { CartLine } from "../client/types.js" */

/** Return the nearest quantity that a cart can have. @param {number} quantity */
export const clampQuantity = (quantity) => Math.min(Math.max(quantity, 0), MAX_QUANTITY);

/** Return the quantity of an article, 0 if it has no line. @param {CartLine[]} lines @param {string} id */
export const quantityOf = (lines, id) => lines.find((line) => line.id === id)?.quantity ?? 0;

/** Return lines with a quantity set; 0 removes the line. @param {CartLine[]} lines @param {CartLine} line */
export function withQuantity(lines, { id, quantity }) {
  const changed = { id, quantity: clampQuantity(quantity) };
  const isKnown = lines.some((line) => line.id === id);
  const after = isKnown ? lines.map((line) => (line.id === id ? changed : line)) : [...lines, changed];
  return after.filter((line) => line.quantity > 0);
}

/** Return lines with a quantity added. @param {CartLine[]} lines @param {CartLine} line */
export const withAdded = (lines, { id, quantity }) =>
  withQuantity(lines, { id, quantity: quantityOf(lines, id) + quantity });

/** Return lines less other lines. @param {CartLine[]} lines @param {CartLine[]} others */
export const without = (lines, others) =>
  others.reduce((left, { id, quantity }) => withAdded(left, { id, quantity: -quantity }), lines);

/** Whether lines have at least as many of each of these ids as other lines. @param {CartLine[]} lines @param {CartLine[]} others @param {{id: string}[]} ids */
export const hasAsMany = (lines, others, ids) => ids.every(({ id }) => quantityOf(lines, id) >= quantityOf(others, id));

/** Whether two values are the same as JSON. @param {unknown} one @param {unknown} other */
export const isSame = (one, other) => JSON.stringify(one) === JSON.stringify(other);
