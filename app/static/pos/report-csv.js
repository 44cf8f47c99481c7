/** The report of a day as CSV (RFC 4180), an order per line, for spreadsheets. */

import { formatSortable } from "../client/dates.js";
import { centsToText, sumQuantities, textToCents } from "../client/money.js";
import { servedBy } from "./order-data.js";
import { statusOf } from "./report.js";
import { fullName } from "./sale.js";

/** @typedef {import("./report.js").Order} Order */

/** Spreadsheets take UTF-8 for what it is only with this in front. */
const BYTE_ORDER_MARK = "\ufeff";

/**
 * The columns: what is in "taken" adds up to the money of the day, because only paid orders have it.
 * @type {[string, (order: Order) => string][]}
 */
const COLUMNS = [
  ["time", ({ placedAt }) => formatSortable(placedAt)],
  ["order", ({ _id }) => _id],
  ["served by", ({ address }) => servedBy(address)],
  ["customer", (order) => fullName(order)],
  ["articles", ({ cart }) => cart.map(({ name, quantity }) => `${quantity} x ${name}`).join("; ")],
  ["quantity", ({ cart }) => String(sumQuantities(cart.map(({ quantity }) => ({ quantity: Number(quantity) }))))],
  ["total", ({ total }) => centsToText(textToCents(total))],
  ["state", ({ state }) => state],
  ["taken", (order) => centsToText(statusOf(order) === "paid" ? textToCents(order.total) : 0)],
  ["card", ({ card }) => card.type],
  ["card ending", ({ card }) => card.number.slice(-4)],
  ["transaction", ({ transactionID }) => transactionID],
];

/** Return a cell. A text that a spreadsheet would run as a formula is kept one by a quote. @param {string} text */
function cell(text) {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",;\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Return orders as CSV, the oldest first. @param {Order[]} orders */
export function toCsv(orders) {
  const oldestFirst = [...orders].sort((one, other) => Date.parse(one.placedAt) - Date.parse(other.placedAt));
  const rows = [COLUMNS.map(([title]) => title), ...oldestFirst.map((order) => COLUMNS.map(([, read]) => read(order)))];
  return BYTE_ORDER_MARK + rows.map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}
