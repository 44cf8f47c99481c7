/** The parked sales, as buttons above the sale on screen. */

import { formatTime } from "../client/dates.js";
import { byId, el, isolate, updateChildren } from "../client/dom.js";
import { formatMoney } from "../client/money.js";
import { parkedLabel } from "./messages.js";
import { fullName, requestedCents, WALK_IN } from "./sale.js";

/** @typedef {import("./sale.js").Sale} Sale */

/** So many articles are named; the rest is counted. */
const MAX_NAMES = 2;

/** @param {Sale} sale */
function articlesOf({ lines }) {
  const shown = lines.slice(0, MAX_NAMES);
  const names = shown.map(({ name, quantity }) => (quantity > 1 ? `${quantity} × ${isolate(name)}` : isolate(name)));
  const more = lines.length - names.length;
  return names.join(", ") + (more > 0 ? ` and ${more} more` : "");
}

/** @param {Sale} sale */
const customerOf = ({ customer }) => (customer.id === WALK_IN.id ? "Walk-in" : fullName(customer) || "Customer");

/** @param {import("./sale-store.js").SaleStore} store */
export function renderParked(store) {
  const { parked } = store;
  byId("parked").hidden = !parked.length;
  updateChildren(
    byId("parked"),
    parked.map((sale) => {
      const articles = articlesOf(sale);
      const attributes = { type: "button", class: "parked-sale", "data-state": sale.state, "data-key": sale.id };
      return el(
        "button",
        { ...attributes, onclick: () => store.select(sale.id) },
        el("b", { class: "amount" }, formatMoney(requestedCents(sale))),
        el(
          "span",
          { class: "parked-customer" },
          el("bdi", {}, customerOf(sale)),
          sale.openedAt ? `, ${formatTime(sale.openedAt)}` : "",
        ),
        articles && el("small", { class: "parked-articles" }, el("bdi", {}, articles)),
        el("small", { class: "parked-state" }, parkedLabel(sale)),
      );
    }),
    byId("sale-title"),
  );
}
