/** Receipts: from a sale that was just paid, or from an order of the shop. Both come out the same. */

import { formatDateTime } from "../client/dates.js";
import { el, shortId } from "../client/dom.js";
import { formatMoney, textToCents } from "../client/money.js";
import { fullName, totalCents } from "./sale.js";

/**
 * @typedef {object} Receipt
 * @property {string} orderId
 * @property {string} transaction
 * @property {number} at In milliseconds.
 * @property {string} customer
 * @property {{name: string, quantity: number, cents: number}[]} lines
 * @property {number} cents
 * @property {import("./sale.js").CardSummary} card
 * @property {string} servedBy
 */

/** Return who served, from the street of an order that was handed over. @param {{street?: string}} address */
const servedBy = ({ street = "" }) => /^Handed over in store by (.+), [\w-]+$/.exec(street)?.[1] ?? "";

/**
 * Return the receipt of a paid sale: the shop's record of it, and what the till knows until
 * the record has been read.
 * @param {import("./sale.js").Sale} sale @returns {Receipt}
 */
export function receiptOfSale(sale) {
  if (sale.record) return receiptOfOrder(sale.record);
  return {
    orderId: sale.order?.id ?? "",
    transaction: sale.order?.transaction ?? "",
    at: sale.sentAt ?? Date.now(),
    customer: fullName(sale.customer),
    lines: sale.lines,
    cents: totalCents(sale),
    card: sale.attempt?.card ?? { brand: "", lastFour: "" },
    servedBy: sale.attempt ? servedBy(sale.attempt.body.address) : "",
  };
}

/** Return the receipt of a paid order. @param {import("./sale.js").OrderRecord} order @returns {Receipt} */
export const receiptOfOrder = (order) => ({
  orderId: order._id,
  transaction: order.transactionID,
  at: Date.parse(order.placedAt),
  customer: fullName(order),
  lines: order.cart.map(({ name, quantity, price }) => ({
    name,
    quantity: Number(quantity),
    cents: Math.round(price * 100),
  })),
  cents: textToCents(order.total),
  card: { brand: order.card.type, lastFour: order.card.number.slice(-4) },
  servedBy: servedBy(order.address),
});

/** @param {string} label @param {string} value @param {string} [kind] */
const row = (label, value, kind = "") =>
  el(
    "div",
    { class: `receipt-row ${kind}` },
    el("span", {}, el("bdi", {}, label)),
    el("span", {}, el("bdi", {}, value)),
  );

/** Return a receipt as an element. @param {Receipt} receipt */
export function renderReceipt({ orderId, transaction, at, customer, lines, cents, card, servedBy }) {
  return el(
    "article",
    { class: "receipt" },
    el("header", { class: "receipt-head" }, el("b", {}, "ACME Fitness Shop"), el("span", {}, formatDateTime(at))),
    el(
      "ul",
      { class: "receipt-lines" },
      ...lines.map(({ name, quantity, cents: price }) =>
        el(
          "li",
          {},
          row(name, formatMoney(price * quantity), "amount"),
          quantity > 1 ? el("small", {}, `${quantity} × ${formatMoney(price)}`) : "",
        ),
      ),
    ),
    row("Total", formatMoney(cents), "receipt-total amount"),
    row(`${card.brand || "Card"} ending ${card.lastFour}`, "paid"),
    customer ? row("Customer", customer) : "",
    servedBy ? row("Served by", servedBy) : "",
    row("Handed over", "in store"),
    row("Order", shortId(orderId)),
    transaction ? row("Transaction", shortId(transaction)) : "",
    el("p", { class: "receipt-foot" }, "Thank you for your purchase."),
  );
}
