/** Lines of a cart, `[{id, quantity}]`: how one list becomes another. */

export const MOST_OF_ONE = 99;

/** Return a quantity that a cart can have. */
export const capped = (quantity) => Math.min(Math.max(quantity, 0), MOST_OF_ONE);

/** Return how many of something are in lines. */
export const quantityOf = (lines, id) => lines.find((line) => line.id === id)?.quantity ?? 0;

/** Return lines with a quantity set; a quantity of nothing is no line. */
export function withQuantity(lines, { id, quantity }) {
  const isKnown = lines.some((line) => line.id === id);
  const line = { id, quantity: capped(quantity) };
  const after = isKnown ? lines.map((each) => (each.id === id ? line : each)) : [...lines, line];
  return after.filter((each) => each.quantity > 0);
}

/** Return lines with a quantity added. */
export const withAdded = (lines, { id, quantity }) =>
  withQuantity(lines, { id, quantity: quantityOf(lines, id) + quantity });

/** Return lines less other lines. */
export const without = (lines, others) =>
  others.reduce((left, { id, quantity }) => withAdded(left, { id, quantity: -quantity }), lines);

/** Whether lines have at least as many of each of these ids as other lines. */
export const hasAsMany = (lines, others, ids) =>
  ids.every(({ id }) => quantityOf(lines, id) >= quantityOf(others, id));

export const isSame = (one, other) => JSON.stringify(one) === JSON.stringify(other);
