/**
 * The report of a day: the shop's own orders, added up in whole cents. Nothing here comes
 * from the till's memory, so the report is right on every till, and after a reload.
 */

import { addDays, startOfDay } from "../client/dates.js";
import { textToCents } from "../client/money.js";
import { isPaidOrder, stateOf } from "../client/order-states.js";
import { servedBy } from "./order-data.js";

/**
 * @typedef {import("./order-data.js").Order & {delivery: string}} Order
 * @typedef {"waiting" | "paid" | "declined" | "unknown"} Status
 */

/** @param {Order} order */
const isInStore = (order) => order.delivery.trim().toLowerCase() === "instore";

/**
 * Return the in-store orders of a day in the shop's time zone, newest first.
 * @param {(next: string | null, before: number) => Promise<{orders: Order[], next: string | null}>} readPage
 *   Returns one page of all orders placed before then, newest first; pages are read until one reaches the day before.
 * @param {string} day Like "2026-12-03".
 */
export async function ordersOfDay(readPage, day) {
  const start = startOfDay(day);
  const end = startOfDay(addDays(day, 1));
  /** @type {Map<string, Order>} */
  const found = new Map();
  /** @type {string | null} */
  let next = null;
  do {
    /** @type {{orders: Order[], next: string | null}} */
    const page = await readPage(next, end);
    for (const order of page.orders) {
      const placedAt = Date.parse(order.placedAt);
      // By id: a sale between two pages pushes its neighbour onto both.
      if (isInStore(order) && placedAt >= start && placedAt < end) found.set(order._id, order);
    }
    const last = page.orders.at(-1);
    next = last && Date.parse(last.placedAt) >= start ? page.next : null;
  } while (next);
  return [...found.values()];
}

/** Return the status of an order at the till; what this release does not know is neither money nor waited for. @param {Pick<Order, "state">} order @returns {Status} */
export function statusOf(order) {
  const state = stateOf(order);
  if (state === "declined" || state === "unknown") return state;
  return isPaidOrder(order) ? "paid" : "waiting";
}

/** Return the figures of some orders; only what is paid counts as money. @param {Order[]} orders */
export function summarise(orders) {
  const paid = orders.filter((order) => statusOf(order) === "paid");
  const cents = paid.reduce((sum, order) => sum + textToCents(order.total), 0);
  return {
    orders,
    paid,
    cents,
    average: paid.length ? Math.round(cents / paid.length) : 0,
    waiting: orders.filter((order) => statusOf(order) === "waiting"),
    declined: orders.filter((order) => statusOf(order) === "declined"),
    unknown: orders.filter((order) => statusOf(order) === "unknown"),
    bestseller: bestsellerOf(paid),
    staff: byStaff(paid),
  };
}

/** Return sales and cents of each member of staff, by name; "" is where an order names none. @param {Order[]} paid */
function byStaff(paid) {
  /** @type {Map<string, {name: string, sales: number, cents: number}>} */
  const found = new Map();
  for (const order of paid) {
    const name = servedBy(order.address);
    const { sales, cents } = found.get(name) ?? { sales: 0, cents: 0 };
    found.set(name, { name, sales: sales + 1, cents: cents + textToCents(order.total) });
  }
  return [...found.values()].sort((one, other) => one.name.localeCompare(other.name));
}

/** Return the article that was sold most, or null. @param {Order[]} paid */
function bestsellerOf(paid) {
  const units = new Map();
  for (const { name, quantity } of paid.flatMap((order) => order.cart)) {
    units.set(name, (units.get(name) ?? 0) + Number(quantity));
  }
  const [best] = [...units].sort(([, one], [, other]) => other - one);
  return best ? { name: best[0], units: best[1] } : null;
}
