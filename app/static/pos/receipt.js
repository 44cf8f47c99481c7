/** Receipts: from a sale that was just paid, or from an order of today. */

import { el, shortId } from "../client/dom.js";
import { formatMoney, textToCents } from "../client/money.js";
import { totalCents } from "./sale.js";

/** Return the facts of a receipt for a paid sale. */
export const receiptOfSale = (sale) => ({
  orderId: sale.order.id,
  transaction: sale.order.transaction,
  at: sale.sentAt,
  customer: sale.customer,
  lines: sale.lines,
  cents: totalCents(sale),
  card: sale.attempt.card,
});

/** Return the facts of a receipt for a paid order of the shop. */
export const receiptOfOrder = (order) => ({
  orderId: order._id,
  transaction: order.transactionID,
  at: Date.parse(order.placedAt),
  customer: order,
  lines: order.cart.map(({ name, quantity, price }) => ({
    name,
    quantity,
    cents: Math.round(price * 100),
  })),
  cents: textToCents(order.total),
  card: { brand: order.card.type, lastFour: order.card.number.slice(-4) },
});

const FAREWELLS = [
  "Sweat is extra, and on the house.",
  "Returns within 30 days. Muscles excluded.",
  "You lifted the bag. That counts as a set.",
  "See you at the finish line, or at the till.",
];

/** Return a farewell; the same receipt always says the same. */
const farewell = (orderId) =>
  FAREWELLS[[...orderId].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % FAREWELLS.length];

const when = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });

/** Return a receipt as an element. */
export function renderReceipt(receipt, servedBy) {
  const { customer, card } = receipt;
  const row = (label, value, kind = "") =>
    el("div", { class: `receipt-row ${kind}` }, el("span", {}, label), el("span", {}, value));
  return el(
    "article",
    { class: "receipt" },
    el("header", { class: "receipt-head" }, el("b", {}, "ACME Fitness Shop"), el("span", {}, when.format(receipt.at))),
    el(
      "ul",
      { class: "receipt-lines" },
      ...receipt.lines.map(({ name, quantity, cents }) =>
        el(
          "li",
          {},
          row(name, formatMoney(cents * quantity)),
          quantity > 1 ? el("small", {}, `${quantity} × ${formatMoney(cents)}`) : "",
        ),
      ),
    ),
    row("Total", formatMoney(receipt.cents), "receipt-total"),
    row(`${card.brand || "Card"} ending ${card.lastFour}`, "paid"),
    row("Customer", `${customer.firstname} ${customer.lastname}`.trim()),
    servedBy ? row("Served by", servedBy) : "",
    row("Handed over", "in store"),
    row("Order", shortId(receipt.orderId)),
    receipt.transaction ? row("Transaction", shortId(receipt.transaction)) : "",
    el("p", { class: "receipt-foot" }, farewell(receipt.orderId)),
  );
}
