/** Today's sales, as the shop has them, and apart from them what this till still holds. */

import { declineMessage } from "../client/card.js";
import { formatTime, formatWeekday } from "../client/dates.js";
import { byId, el, updateChildren, shortId, showText } from "../client/dom.js";
import { isShopError } from "../client/errors.js";
import { formatMoney, textToCents } from "../client/money.js";
import { ordersOfDay, summarise, statusOf } from "./report.js";
import { receiptOfOrder } from "./receipt.js";
import { requestedCents, isFinal } from "./sale.js";
import { STATE_LABELS } from "./messages.js";

const HEADINGS = { waiting: "Not decided yet", declined: "Declined", paid: "Paid" };

/** How soon the shop is asked again while it has orders without a verdict, and at last. */
const FIRST_POLL_MS = 1000;
const MAX_POLL_MS = 30_000;

export class Today {
  #request = 0;
  #pollMs = FIRST_POLL_MS;
  #timer = 0;

  constructor({ shop, store, openReceipt, now = Date.now }) {
    Object.assign(this, { shop, store, openReceipt, now });
    byId("today-refresh").addEventListener("click", () => this.refresh());
  }

  /** Ask the shop and show what it says; figures that are on screen stay until it has. */
  async refresh() {
    clearTimeout(this.#timer);
    const request = ++this.#request;
    const now = this.now();
    byId("today-title").textContent = `Today, ${formatWeekday(now)}`;
    byId("today").ariaBusy = "true";
    this.renderUnconfirmed();
    if (!byId("figures").childElementCount) showText(byId("today-note"), "Counting the drawer …");
    try {
      const orders = await ordersOfDay((next) => this.shop.listOrders(next), now);
      if (request === this.#request) this.#take(summarise(orders));
    } catch (failure) {
      if (!isShopError(failure)) throw failure;
      const words = byId("figures").childElementCount
        ? "The shop does not answer, so these are the figures of a moment ago. Ask again."
        : "The shop does not answer, and the till does not guess. Ask again.";
      if (request === this.#request) showText(byId("today-note"), words);
    } finally {
      if (request === this.#request) byId("today").ariaBusy = "false";
    }
  }

  /** Show the sales that only this till knows of. */
  renderUnconfirmed() {
    const own = this.store.all.filter((sale) => !isFinal(sale) && sale.attempt && sale.state !== "declined");
    const rows = own.map((sale) => el("li", {}, `${formatMoney(requestedCents(sale))}: ${STATE_LABELS[sale.state].toLowerCase()}`));
    byId("today-unconfirmed").replaceChildren(
      ...(rows.length
        ? [
            el(
              "div",
              { class: "banner wait" },
              el("b", {}, "Not counted below, because this till has no verdict yet:"),
              el("ul", {}, ...rows),
            ),
          ]
        : []),
    );
  }

  /** Show figures, and ask for better ones as long as an order has no verdict. */
  #take(summary) {
    this.#render(summary);
    if (!summary.waiting.length) {
      this.#pollMs = FIRST_POLL_MS;
      return;
    }
    this.#timer = setTimeout(() => byId("today").hidden || this.refresh(), this.#pollMs);
    this.#pollMs = Math.min(this.#pollMs * 2, MAX_POLL_MS);
  }

  #render(summary) {
    const { orders, paid, cents, average, declined, waiting, bestseller } = summary;
    showText(
      byId("today-note"),
      orders.length ? "" : "No sale yet today. The drawer is doing its stretches.",
    );
    const figure = (name, value, kind = "") => el("div", { class: `figure ${kind}` }, el("dt", {}, name), el("dd", {}, value));
    byId("figures").replaceChildren(
      figure("Taken today", formatMoney(cents), "figure-main"),
      figure("Paid sales", String(paid.length)),
      figure("Average sale", paid.length ? formatMoney(average) : "–"),
      figure("Bestseller", bestseller ? `${bestseller.units} × ${bestseller.name}` : "–", "figure-text"),
    );
    const groups = { waiting, paid, declined };
    updateChildren(
      byId("today-orders"),
      Object.entries(groups)
        .filter(([, some]) => some.length)
        .map(([word, some]) => this.#group(word, some)),
      byId("today-title"),
    );
  }

  #group(word, orders) {
    const cents = orders.reduce((sum, order) => sum + textToCents(order.total), 0);
    const sum = word === "paid" ? formatMoney(cents) : `${formatMoney(cents)}, not counted`;
    return el(
      "section",
      { class: "group", "data-state": word },
      el("h3", {}, `${HEADINGS[word]} `, el("small", {}, `${orders.length} · ${sum}`)),
      el("ul", { class: "orders" }, ...orders.map((order) => this.#order(order))),
    );
  }

  #order(order) {
    const word = statusOf(order);
    const units = order.cart.map(({ name, quantity }) => (quantity > 1 ? `${quantity}\u00a0× ${name}` : name));
    const why = word === "declined" ? el("small", { class: "reason" }, declineMessage(order.status)) : "";
    return el(
      "li",
      { class: "order", "data-order": order._id, "data-state": word },
      el("time", { datetime: order.placedAt }, formatTime(order.placedAt)),
      el(
        "span",
        { class: "order-items" },
        el("b", {}, units.join(", ")),
        el("small", {}, `${order.firstname} ${order.lastname} · ${order.card.type || "card"} ${order.card.number.slice(-4)} · ${shortId(order._id)}`),
        why,
      ),
      el("span", { class: "order-sum" }, formatMoney(textToCents(order.total))),
      word === "paid"
        ? el("button", { type: "button", class: "plain", "data-key": order._id, onclick: () => this.openReceipt(receiptOfOrder(order)) }, "Receipt")
        : el("span", { class: "state", "data-state": word }, word === "declined" ? "Declined" : "Sent"),
    );
  }
}
