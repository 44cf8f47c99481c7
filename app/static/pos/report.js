/**
 * The report of a day: the shop's own orders, added up in whole cents. Nothing here comes
 * from the till's memory, so the report is right on every till, and after a reload.
 */

import { textToCents } from "../client/money.js";

/**
 * @typedef {import("./order-data.js").Order & {delivery: string}} Order
 * @typedef {"waiting" | "paid" | "declined"} Status
 */

/** Return when the local day of `now` began, in milliseconds. @param {number} now */
function startOfDay(now) {
  const day = new Date(now);
  day.setHours(0, 0, 0, 0);
  return day.getTime();
}

/** @param {Order} order */
const isInStore = (order) => order.delivery.trim().toLowerCase() === "instore";

/**
 * Return today's in-store orders, newest first.
 * @param {(next: string | null) => Promise<{orders: Order[], next: string | null}>} readPage
 *   Returns one page of all orders, newest first; pages are read until one reaches yesterday.
 * @param {number} now In milliseconds.
 */
export async function ordersOfDay(readPage, now) {
  const start = startOfDay(now);
  /** @type {Map<string, Order>} */
  const found = new Map();
  /** @type {string | null} */
  let next = null;
  do {
    /** @type {{orders: Order[], next: string | null}} */
    const page = await readPage(next);
    for (const order of page.orders) {
      // By id: a sale between two pages pushes its neighbour onto both.
      if (isInStore(order) && Date.parse(order.placedAt) >= start) found.set(order._id, order);
    }
    const last = page.orders.at(-1);
    next = last && Date.parse(last.placedAt) >= start ? page.next : null;
  } while (next);
  return [...found.values()];
}

const PAID = new Set(["paid", "shipped", "delivered"]);

/** Return the status of an order at the till. @param {Order} order @returns {Status} */
export function statusOf(order) {
  if (PAID.has(order.state)) return "paid";
  return order.state === "declined" ? "declined" : "waiting";
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
    bestseller: bestsellerOf(paid),
  };
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
