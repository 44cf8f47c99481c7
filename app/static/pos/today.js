/** The sales of a day as the shop has them, and apart from them the sales of this till without a result. */

import { declineMessageOf } from "../client/card.js";
import { addDays, dayOf, formatTime, formatWeekday, startOfDay } from "../client/dates.js";
import { byId, el, isolate, shortId, showText, updateChildren } from "../client/dom.js";
import { isShopError, waitText } from "../client/errors.js";
import { formatMoney, textToCents } from "../client/money.js";
import { STATE_LABELS } from "./messages.js";
import { receiptOfOrder } from "./receipt.js";
import { ordersOfDay, statusOf, summarise } from "./report.js";
import { toCsv } from "./report-csv.js";
import { fullName, isFinal, requestedCents } from "./sale.js";

/** @typedef {import("./report.js").Order} Order */

/** @type {Record<import("./report.js").Status, string>} */
const HEADINGS = {
  waiting: "Not decided yet",
  declined: "Declined",
  unknown: "In a state this till does not know",
  paid: "Paid",
};

/** How soon the shop is asked again while it has orders without a result, and at last. */
const FIRST_POLL_MS = 1000;
const MAX_POLL_MS = 30_000;

const REVOKE_MS = 60_000;

const dayField = /** @type {HTMLInputElement} */ (byId("day"));

/** @param {ReturnType<typeof summarise>["staff"]} staff */
const staffTable = (staff) =>
  el(
    "table",
    { class: "staff-table" },
    el("caption", {}, "By member of staff"),
    el("tr", {}, ...["Served by", "Sales", "Taken"].map((title) => el("th", { scope: "col" }, title))),
    ...staff.map(({ name, sales, cents }) =>
      el(
        "tr",
        {},
        el("th", { scope: "row" }, el("bdi", {}, name || "Not recorded")),
        el("td", {}, String(sales)),
        el("td", { class: "amount" }, formatMoney(cents)),
      ),
    ),
  );

export class Today {
  #shop;
  #store;
  #openReceipt;
  #request = 0;
  /** The day on screen, like "2026-12-03". */
  #day = "";
  /** Its orders, once they have come. @type {Order[] | null} */
  #orders = null;
  #pollMs = FIRST_POLL_MS;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {{
   *   shop: import("../client/api.js").Api,
   *   store: import("./sale-store.js").SaleStore,
   *   openReceipt: (receipt: import("./receipt.js").Receipt) => void,
   * }} options
   */
  constructor({ shop, store, openReceipt }) {
    this.#shop = shop;
    this.#store = store;
    this.#openReceipt = openReceipt;
    byId("today-refresh").addEventListener("click", () => this.refresh());
    byId("csv").addEventListener("click", () => this.#download());
    byId("day-before").addEventListener("click", () => this.show(addDays(this.#day, -1)));
    byId("day-after").addEventListener("click", () => this.show(addDays(this.#day, 1)));
    dayField.addEventListener("change", () => this.show(dayField.value || dayOf(Date.now())));
  }

  /** Show a day; without one today, in the shop's time zone. @param {string} [day] */
  show(day = dayOf(Date.now())) {
    if (day !== this.#day) {
      this.#day = day;
      this.#pollMs = FIRST_POLL_MS;
      this.#orders = null;
      for (const id of ["figures", "by-staff", "today-orders"]) byId(id).replaceChildren();
    }
    return this.refresh();
  }

  /** Read the orders of the day and show them; what is on screen stays until they have come. */
  async refresh() {
    clearTimeout(this.#timer);
    this.#request += 1;
    const request = this.#request;
    const day = this.#day;
    const today = dayOf(Date.now());
    byId("today-title").textContent = `${day === today ? "Today, " : ""}${formatWeekday(startOfDay(day))}`;
    dayField.value = day;
    dayField.max = today;
    /** @type {HTMLButtonElement} */ (byId("day-after")).disabled = day >= today;
    /** @type {HTMLButtonElement} */ (byId("csv")).disabled = !this.#orders;
    byId("today").ariaBusy = "true";
    this.renderUnconfirmed();
    if (!byId("figures").childElementCount) showText(byId("today-note"), "Loading the sales …");
    try {
      const orders = await ordersOfDay((next, before) => this.#shop.listOrders(next, before), day);
      if (request === this.#request) this.#show(orders);
    } catch (failure) {
      if (!isShopError(failure)) throw failure;
      const reason = waitText(failure) || "The shop does not answer.";
      const older = byId("figures").childElementCount ? " These figures are older." : "";
      if (request === this.#request) showText(byId("today-note"), `${reason}${older} Try again with Refresh.`);
    } finally {
      if (request === this.#request) byId("today").ariaBusy = "false";
    }
  }

  /** Show the sales of this till that have no result yet. */
  renderUnconfirmed() {
    const sales = this.#store.all.filter((sale) => !isFinal(sale) && sale.attempt && sale.state !== "declined");
    const rows = sales.map((sale) =>
      el("li", {}, `${formatMoney(requestedCents(sale))}: ${STATE_LABELS[sale.state].toLowerCase()}`),
    );
    const heading = el("b", {}, "Not counted below, because this till has no result yet:");
    byId("today-unconfirmed").replaceChildren(
      ...(rows.length ? [el("div", { class: "banner wait" }, heading, el("ul", {}, ...rows))] : []),
    );
  }

  /** Forget the orders: staff have signed out. */
  clear() {
    clearTimeout(this.#timer);
    this.#request += 1;
    this.#day = "";
    this.#orders = null;
    for (const id of ["figures", "by-staff", "today-orders", "today-unconfirmed"]) byId(id).replaceChildren();
  }

  /** Show figures, and ask again as long as an order has no result. @param {Order[]} orders */
  #show(orders) {
    this.#orders = orders;
    /** @type {HTMLButtonElement} */ (byId("csv")).disabled = false;
    const summary = summarise(orders);
    this.#render(summary);
    if (!summary.waiting.length) {
      this.#pollMs = FIRST_POLL_MS;
      return;
    }
    this.#timer = setTimeout(() => byId("today").hidden || this.refresh(), this.#pollMs);
    this.#pollMs = Math.min(this.#pollMs * 2, MAX_POLL_MS);
  }

  /** @param {ReturnType<typeof summarise>} summary */
  #render({ orders, paid, cents, average, declined, waiting, unknown, bestseller, staff }) {
    showText(byId("today-note"), orders.length ? "" : "No sales on this day.");
    /** @param {string} name @param {string} value @param {string} [kind] */
    const figure = (name, value, kind = "") =>
      el("div", { class: `figure ${kind}` }, el("dt", {}, name), el("dd", {}, value));
    byId("figures").replaceChildren(
      figure("Taken", formatMoney(cents), "figure-main amount"),
      figure("Paid sales", String(paid.length)),
      figure("Average sale", paid.length ? formatMoney(average) : "–", "amount"),
      figure("Bestseller", bestseller ? `${bestseller.units} × ${isolate(bestseller.name)}` : "–", "figure-text"),
    );
    byId("by-staff").replaceChildren(...(staff.length ? [staffTable(staff)] : []));
    const groups = /** @type {[import("./report.js").Status, Order[]][]} */ (
      Object.entries({ waiting, unknown, paid, declined })
    );
    updateChildren(
      byId("today-orders"),
      groups.filter(([, group]) => group.length).map(([status, group]) => this.#renderGroup(status, group)),
      byId("today-title"),
    );
  }

  /** Save the day as a file. */
  #download() {
    if (!this.#orders) return;
    const url = URL.createObjectURL(new Blob([toCsv(this.#orders)], { type: "text/csv;charset=utf-8" }));
    el("a", { href: url, download: `sales-${this.#day}.csv` }).click();
    // The browser reads the file after the click.
    setTimeout(() => URL.revokeObjectURL(url), REVOKE_MS);
  }

  /** @param {import("./report.js").Status} status @param {Order[]} orders */
  #renderGroup(status, orders) {
    const cents = orders.reduce((sum, order) => sum + textToCents(order.total), 0);
    const sum = status === "paid" ? formatMoney(cents) : `${formatMoney(cents)}, not counted`;
    return el(
      "section",
      { class: "group", "data-state": status },
      el("h3", {}, `${HEADINGS[status]} `, el("small", {}, `${orders.length} · ${sum}`)),
      el("ul", { class: "orders" }, ...orders.map((order) => this.#renderOrder(order))),
    );
  }

  /** @param {Order} order */
  #renderOrder(order) {
    const status = statusOf(order);
    // Each article is isolated, so that a right-to-left name cannot move its neighbour's number.
    const articles = order.cart.flatMap(({ name, quantity }, index) => [
      index ? ", " : "",
      el("bdi", {}, Number(quantity) > 1 ? `${quantity}\u00a0× ` : "", el("bdi", {}, name)),
    ]);
    const card = `${order.card.type || "card"} ${order.card.number.slice(-4)}`;
    const reason = status === "declined" ? el("small", { class: "reason" }, declineMessageOf(order)) : "";
    const label = status === "unknown" ? isolate(order.status) : status === "declined" ? "Declined" : "Sent";
    const onclick = () => this.#openReceipt(receiptOfOrder(order));
    return el(
      "li",
      { class: "order", "data-order": order._id, "data-state": status },
      el("time", { datetime: order.placedAt }, formatTime(order.placedAt)),
      el(
        "span",
        { class: "order-items" },
        el("b", {}, ...articles),
        el("small", {}, el("bdi", {}, fullName(order)), ` · ${card} · ${shortId(order._id)}`),
        reason,
      ),
      el("span", { class: "order-sum amount" }, formatMoney(textToCents(order.total))),
      status === "paid"
        ? el("button", { type: "button", class: "plain", "data-key": order._id, onclick }, "Receipt")
        : el("span", { class: "state", "data-state": status }, label),
    );
  }
}
