/** A user's orders, newest first, a page at a time. */

import { formatDate } from "../../client/dates.js";
import { el, shortId } from "../../client/dom.js";
import { isShopError } from "../../client/errors.js";
import { formatMoney, textToCents } from "../../client/money.js";
import { stateOf } from "../../client/order-states.js";
import { productImage } from "../../client/product-image.js";
import { button, linkButton, orderUrl, pageSkeleton, panel, whileBusy } from "../components.js";
import { failureMessage, stateLabel } from "../messages.js";

/** @import { Order } from "../../client/types.js" */
/** @import { Context, View } from "../context.js" */

const PAGE_SIZE = 10;

/** How many pictures of an order are shown. */
const MAX_PICTURES = 3;

/** @param {Context} context @returns {View} */
export const ordersView =
  ({ api, goToLogin, catalog, showError }) =>
  async ({ signal, show }) => {
    if (!api.user) {
      goToLogin("#/orders");
      return;
    }
    const { id } = api.user;
    show("Your orders", ...pageSkeleton("Your orders"));
    const [first, images] = await Promise.all([
      api.listOrdersOf(id, null, { limit: PAGE_SIZE, signal }),
      catalog.imagesById(),
    ]);
    /** @param {Order} order */
    const toRow = (order) => row(order, images);
    if (!first.orders.length) {
      show(
        "Your orders",
        panel("ready", "No orders yet", "Every streak starts with one.", linkButton("#/", "Start here")),
      );
      return;
    }
    let { next } = first;
    const list = el("ul", { class: "orders" }, ...first.orders.map(toRow));
    const more = el(
      "p",
      { class: "acts", hidden: !next },
      button("Older orders", (event) => whileBusy(event.currentTarget, grow), { kind: "plain" }),
    );
    show("Your orders", el("h1", {}, "Your orders"), list, more);

    async function grow() {
      try {
        const page = await api.listOrdersOf(id, next, { signal });
        const rows = page.orders.map(toRow);
        list.append(...rows);
        ({ next } = page);
        more.hidden = !next;
        rows[0]?.querySelector("a")?.focus();
      } catch (failure) {
        if (signal.aborted) return;
        if (!isShopError(failure)) throw failure;
        showError(failureMessage(failure));
      }
    }
  };

/** @param {Order} order @param {Map<string, string>} images */
const row = (order, images) => {
  const { _id, status, placedAt, total, cart } = order;
  const state = stateOf(order);
  return el(
    "li",
    {},
    el("span", { class: "pile" }, ...cart.slice(0, MAX_PICTURES).map(({ itemid }) => productImage(images.get(itemid)))),
    el(
      "span",
      { class: "line-text" },
      el("a", { href: orderUrl(_id) }, `Order ${shortId(_id)}`),
      el(
        "small",
        {},
        ...cart.flatMap(({ name, quantity }, index) => [
          `${index ? ", " : ""}${quantity} × `,
          el("bdi", {}, name || "something good"),
        ]),
      ),
    ),
    el("span", { class: "badge", "data-state": state }, stateLabel(state, status)),
    el("time", { datetime: placedAt }, formatDate(placedAt)),
    el("b", { class: "price" }, formatMoney(textToCents(total))),
  );
};
