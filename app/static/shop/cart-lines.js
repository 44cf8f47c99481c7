/** Lines of a cart, `[{id, quantity}]`: pure functions from one list to another. */

/** The most of one article in a cart. */
export const MAX_QUANTITY = 99;

/** Return the nearest quantity that a cart can have. */
export const clampQuantity = (quantity) => Math.min(Math.max(quantity, 0), MAX_QUANTITY);

/** Return the quantity of an article, 0 if it has no line. */
export const quantityOf = (lines, id) => lines.find((line) => line.id === id)?.quantity ?? 0;

/** Return lines with a quantity set; 0 removes the line. */
export function withQuantity(lines, { id, quantity }) {
  const changed = { id, quantity: clampQuantity(quantity) };
  const isKnown = lines.some((line) => line.id === id);
  const after = isKnown ? lines.map((line) => (line.id === id ? changed : line)) : [...lines, changed];
  return after.filter((line) => line.quantity > 0);
}

/** Return lines with a quantity added. */
export const withAdded = (lines, { id, quantity }) =>
  withQuantity(lines, { id, quantity: quantityOf(lines, id) + quantity });

/** Return lines less other lines. */
export const without = (lines, others) =>
  others.reduce((left, { id, quantity }) => withAdded(left, { id, quantity: -quantity }), lines);

/** Whether lines have at least as many of each of these ids as other lines. */
export const hasAsMany = (lines, others, ids) => ids.every(({ id }) => quantityOf(lines, id) >= quantityOf(others, id));

/** Whether two values are the same as JSON. */
export const isSame = (one, other) => JSON.stringify(one) === JSON.stringify(other);
