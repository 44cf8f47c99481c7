/** From the lines of a cart to an order as the shop wants it. */

import { centsToText, sumCents } from "../client/money.js";

/** @import { NewOrder } from "../client/types.js" */
/** @import { DescribedLine, SoldLine } from "./context.js" */

/** Whether every article is still sold. @param {DescribedLine[]} lines @returns {lines is SoldLine[]} */
export const areSold = (lines) => lines.every(({ product }) => product !== null);

/** Return what distinguishes one cart from another, as text. @param {{id: string, quantity: number}[]} lines */
export const quantitiesOf = (lines) => JSON.stringify(lines.map(({ id, quantity }) => [id, quantity]).sort());

/** Return an order as the shop wants it, all but its card. @param {Pick<NewOrder, "firstname"|"lastname"|"email"|"address">} recipient @param {SoldLine[]} lines */
export const orderOf = (recipient, lines) => ({
  ...recipient,
  delivery: "UPS/FEDEX",
  cart: lines.map(({ id, quantity, product, cents }) => ({
    itemid: id,
    name: product.name,
    quantity,
    price: centsToText(cents),
  })),
  total: centsToText(sumCents(lines)),
});
