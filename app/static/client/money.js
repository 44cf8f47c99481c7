/** Money is whole cents everywhere; only people and the wire see a point. */

const dollars = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" });

/** Return cents as people read them. */
export const formatMoney = (cents) => dollars.format(cents / 100);

/** Return a decimal text of the shop, like "34.99", as cents. */
export const textToCents = (text) => Math.round(Number(text) * 100);

/** Return cents as the shop's decimal text. */
export const centsToText = (cents) => (cents / 100).toFixed(2);

/** Return what lines of `{cents, quantity}` come to. */
export const sumCents = (lines) => lines.reduce((sum, { cents, quantity }) => sum + cents * quantity, 0);

/** Return how many things lines of `{quantity}` are. */
export const sumQuantities = (lines) => lines.reduce((sum, { quantity }) => sum + quantity, 0);
