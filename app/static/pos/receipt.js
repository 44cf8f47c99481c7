/** Receipts: from a sale that was just paid, or from an order of the shop. Both come out the same. */

import { formatDateTime } from "../client/dates.js";
import { el, shortId } from "../client/dom.js";
import { formatMoney, textToCents } from "../client/money.js";
import { servedBy } from "./order-data.js";
import { renderQrCode } from "./qr-code.js";
import { fullName, totalCents } from "./sale.js";
import { shopFacts } from "./shop-facts.js";

/**
 * @typedef {object} Receipt
 * @property {string} orderId
 * @property {string} userId Whose order it is; "" where an older sale does not say.
 * @property {string} transaction
 * @property {number} at In milliseconds.
 * @property {string} customer
 * @property {{name: string, quantity: number, cents: number}[]} lines
 * @property {number} cents
 * @property {import("./sale.js").CardSummary} card
 * @property {string} servedBy
 */

/** Return the address of an order in the storefront: for its buyer and for staff. @param {{orderId: string, userId: string}} order */
const orderAddress = ({ orderId, userId }) =>
  `${location.origin}/#/order/${encodeURIComponent(orderId)}${userId && `?of=${encodeURIComponent(userId)}`}`;

/** Return the ids in the address of an order, or null: a receipt's QR code was scanned. @param {string} code */
export function readOrderAddress(code) {
  const found = /#\/order\/([0-9a-f-]{36})\?of=([\w%.~-]+)$/i.exec(code);
  return found && { orderId: found[1].toLowerCase(), userId: decodeURIComponent(found[2]) };
}

/**
 * Return the receipt of a paid sale: the shop's record of it, and what the till knows until
 * the record has been read.
 * @param {import("./sale.js").Sale} sale @returns {Receipt}
 */
export function receiptOfSale(sale) {
  if (sale.record) return receiptOfOrder(sale.record);
  return {
    orderId: sale.order?.id ?? "",
    userId: sale.customer.id,
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
  userId: order.userid ?? "",
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
export function renderReceipt({ orderId, userId, transaction, at, customer, lines, cents, card, servedBy }) {
  const { name, address, taxLine } = shopFacts();
  return el(
    "article",
    { class: "receipt" },
    el(
      "header",
      { class: "receipt-head" },
      el("b", {}, name),
      address ? el("span", {}, address) : "",
      el("span", {}, formatDateTime(at)),
    ),
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
    taxLine ? el("p", { class: "receipt-tax" }, taxLine) : "",
    row(`${card.brand || "Card"} ending ${card.lastFour}`, "paid"),
    customer ? row("Customer", customer) : "",
    servedBy ? row("Served by", servedBy) : "",
    row("Handed over", "in store"),
    row("Order", shortId(orderId)),
    transaction ? row("Transaction", shortId(transaction)) : "",
    orderId ? renderQrCode(orderAddress({ orderId, userId }), "QR code of the order's page") : "",
    el("p", { class: "receipt-foot" }, "Thank you for your purchase."),
  );
}
