/**
 * The day's report: what the shop's own orders say, added up in whole cents. Nothing here
 * comes from the till's memory, so the report is right on every till, and after a reload.
 */

import { textToCents } from "../client/money.js";

/** Return when the local day of `now` began, in milliseconds. */
function startOfDay(now) {
  const day = new Date(now);
  day.setHours(0, 0, 0, 0);
  return day.getTime();
}

const isInStore = (order) => order.delivery.trim().toLowerCase() === "instore";

/**
 * Return today's in-store orders, newest first. `readPage(next)` answers one page of all
 * orders, newest first, as `{orders, next}`; pages are read until one reaches yesterday.
 */
export async function ordersOfDay(readPage, now) {
  const start = startOfDay(now);
  const found = new Map();
  let next = null;
  do {
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

/** Return the figures of some orders; only what is paid counts as money. */
export function summarise(orders) {
  const paid = orders.filter((order) => PAID.has(order.state));
  const cents = paid.reduce((sum, order) => sum + textToCents(order.total), 0);
  return {
    orders,
    paid,
    cents,
    average: paid.length ? Math.round(cents / paid.length) : 0,
    waiting: orders.filter((order) => order.state === "pending"),
    declined: orders.filter((order) => order.state === "declined"),
    bestseller: bestseller(paid),
  };
}

/** Return the article that was sold most, as `{name, units}`, or null. */
function bestseller(paid) {
  const units = new Map();
  for (const { name, quantity } of paid.flatMap((order) => order.cart)) {
    units.set(name, (units.get(name) ?? 0) + quantity);
  }
  const [best] = [...units].sort(([, one], [, other]) => other - one);
  return best ? { name: best[0], units: best[1] } : null;
}

/** Return the one word for the state of an order at the store. */
export function statusOf(order) {
  if (PAID.has(order.state)) return "paid";
  return order.state === "declined" ? "declined" : "waiting";
}
