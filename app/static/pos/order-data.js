/** Between a sale and the shop's order: what is sent, and what is read back. */

import { centsToText } from "../client/money.js";
import { totalCents } from "./sale.js";

/**
 * @typedef {import("./sale.js").Sale} Sale
 * @typedef {import("./sale.js").Line} Line
 * @typedef {import("./sale.js").CardSummary} CardSummary
 * @typedef {import("./sale.js").OrderRecord} OrderRecord
 * @typedef {import("./sale.js").OrderBody} OrderBody
 * @typedef {OrderRecord & {state: string, status: string, declineReason?: string}} Order
 */

/**
 * Return the lines that count. They are those of the order: between an attempt that got lost
 * and the news that it arrived after all, staff may have changed the lines on screen.
 * @param {{cart: any[]}} order @param {Sale} sale @returns {Line[]}
 */
export function linesOf({ cart }, sale) {
  const known = new Map(sale.lines.map((line) => [line.id, line]));
  return cart.map(({ itemid: id, name, price, quantity }) => {
    const cents = Math.round(price * 100);
    return { ...known.get(id), id, name, cents, quantity: Number(quantity) };
  });
}

/** @param {{type: string, number: string}} card @returns {CardSummary} */
export const summaryOfCard = ({ type, number }) => ({ brand: type, lastFour: number.replace(/\D/g, "").slice(-4) });

/** Return what a receipt needs of an order. @param {Order} order @returns {OrderRecord} */
export function recordOf({ _id, userid, transactionID, placedAt, firstname, lastname, address, cart, total, card }) {
  return { _id, userid, transactionID, placedAt, firstname, lastname, address, cart, total, card };
}

/** Return who served, from the street of an order that was handed over. @param {{street?: string}} address */
export const servedBy = ({ street = "" }) => /^Handed over in store by (.+), [\w-]+$/.exec(street)?.[1] ?? "";

/**
 * Return the order of a sale, all but its card. Made once per attempt, because a repeat must
 * be the same to the letter. Goods that are handed over need no address: the street says who
 * served and names the reference, so that people and reprinted receipts know.
 * @param {Sale} sale @param {string} reference @param {string} staff @returns {OrderBody}
 */
export function orderBody(sale, reference, staff) {
  const { firstname, lastname, email } = sale.customer;
  const by = staff ? ` by ${staff.slice(0, 80)}` : "";
  return {
    firstname,
    lastname,
    email,
    address: { street: `Handed over in store${by}, ${reference}` },
    delivery: "instore",
    cart: sale.lines.map(({ id, quantity }) => ({ itemid: id, quantity })),
    total: centsToText(totalCents(sale)),
  };
}
