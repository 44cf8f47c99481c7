/** Everything somebody has ever bought here, newest first, a page at a time. */

import { el, shortId } from "../client/dom.js";
import { isShopError } from "../client/errors.js";
import { formatMoney, textToCents } from "../client/money.js";
import { button, linkButton, orderAddress, pageSkeleton, panel, thumb, whileBusy } from "./pieces.js";
import { failureLine, STATE_WORDS } from "./words.js";

const PAGE = 10;

/** So many pictures tell what an order was. */
const MOST_PICTURES = 3;

const day = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium" });

export const ordersView = ({ api, login, shelves, shout }) =>
  async ({ signal, show }) => {
    if (!api.user) {
      login("#/orders");
      return;
    }
    const { id } = api.user;
    show("Your orders", ...pageSkeleton("Your orders"));
    const [first, pictures] = await Promise.all([
      api.listOrdersOf(id, null, { limit: PAGE, signal }),
      shelves.pictures(),
    ]);
    const toRow = (order) => row(order, pictures);
    if (!first.orders.length) {
      show("Your orders", panel("ready", "No orders yet", "Every streak starts with one.", linkButton("#/", "Start here")));
      return;
    }
    let { next } = first;
    const list = el("ul", { class: "orders" }, ...first.orders.map(toRow));
    const more = el("p", { class: "acts", hidden: !next }, button("Older orders", (event) => whileBusy(event.currentTarget, grow), { kind: "plain" }));
    show("Your orders", el("h1", {}, "Your orders"), list, more);

    async function grow() {
      try {
        const page = await api.listOrdersOf(id, next, { signal });
        const rows = page.orders.map(toRow);
        list.append(...rows);
        ({ next } = page);
        more.hidden = !next;
        rows[0]?.querySelector("a").focus();
      } catch (failure) {
        if (signal.aborted) return;
        if (!isShopError(failure)) throw failure;
        shout(failureLine(failure));
      }
    }
  };

const row = ({ _id, state, placedAt, total, cart }, pictures) =>
  el(
    "li",
    {},
    el("span", { class: "pile" }, ...cart.slice(0, MOST_PICTURES).map(({ itemid }) => thumb(pictures.get(itemid)))),
    el(
      "span",
      { class: "line-words" },
      el("a", { href: orderAddress(_id) }, `Order ${shortId(_id)}`),
      el("small", {}, cart.map(({ name, quantity }) => `${quantity} × ${name || "something good"}`).join(", ")),
    ),
    el("span", { class: "badge", "data-state": state }, STATE_WORDS[state]),
    el("time", { datetime: placedAt }, day.format(Date.parse(placedAt))),
    el("b", { class: "price" }, formatMoney(textToCents(total))),
  );
