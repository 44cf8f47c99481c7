/** Money is whole cents everywhere; only people and the API see a decimal point. */

const dollars = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" });

/** Return cents as people read them, like "$34.99". @param {number} cents */
export const formatMoney = (cents) => dollars.format(cents / 100);

/** Return a decimal text of the shop, like "34.99", as cents. @param {string} text */
export const textToCents = (text) => Math.round(Number(text) * 100);

/** Return cents as the shop's decimal text. @param {number} cents */
export const centsToText = (cents) => (cents / 100).toFixed(2);

/** Return the total of lines in cents. @param {{cents: number, quantity: number}[]} lines */
export const sumCents = (lines) => lines.reduce((sum, { cents, quantity }) => sum + cents * quantity, 0);

/** Return the number of articles in lines. @param {{quantity: number}[]} lines */
export const sumQuantities = (lines) => lines.reduce((sum, { quantity }) => sum + quantity, 0);
