/** What became of a sale: paid with its receipt, or why there is no result yet. */

import { el } from "../client/dom.js";
import { formatMoney } from "../client/money.js";
import { outcomeMessage } from "./messages.js";
import { receiptOfSale, renderReceipt } from "./receipt.js";
import { requestedCents, totalCents } from "./sale.js";

/** @typedef {import("./sale.js").Sale} Sale */

/**
 * Return the nodes that show a sale that is paid, sent, or waits to be sent.
 * @param {Sale} sale @param {{isSaved: boolean}} options
 */
export const renderOutcome = (sale, { isSaved }) =>
  sale.state === "paid" ? renderPaid(sale) : renderUndecided(sale, isSaved);

/** @param {Sale} sale */
const renderPaid = (sale) => [
  el(
    "p",
    { class: "outcome-title" },
    el("span", { class: "outcome-mark", "aria-hidden": "true" }, "✓"),
    el("b", { class: "amount" }, `Paid ${formatMoney(totalCents(sale))}`),
  ),
  el("p", { class: "outcome-hint" }, "Hand over the goods."),
  renderReceipt(receiptOfSale(sale)),
];

/** @param {Sale} sale @param {boolean} isSaved */
function renderUndecided(sale, isSaved) {
  const { title, lines } = outcomeMessage(sale, { isSaved });
  return [
    el(
      "p",
      { class: "outcome-title" },
      el("span", { class: "outcome-pulse", "aria-hidden": "true" }),
      el("b", {}, title),
    ),
    el("p", { class: "outcome-sum" }, `${formatMoney(requestedCents(sale))}, ${cardLabel(sale)}`),
    ...lines.map((line) => el("p", { class: "outcome-hint" }, line)),
    el(
      "ul",
      { class: "outcome-lines", "aria-label": "Articles of this sale" },
      ...sale.lines.map(({ name, quantity, cents }) =>
        el(
          "li",
          {},
          el("span", {}, `${quantity} × `, el("bdi", {}, name)),
          el("span", { class: "amount" }, formatMoney(cents * quantity)),
        ),
      ),
    ),
  ];
}

/** @param {Sale} sale */
const cardLabel = ({ attempt }) =>
  attempt ? `${attempt.card.brand || "card"} ending ${attempt.card.lastFour}` : "no card";
