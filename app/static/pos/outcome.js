/** What became of a sale, as a person sees it: a verdict and its receipt, or why there is none yet. */

import { el } from "../client/dom.js";
import { formatMoney } from "../client/money.js";
import { renderReceipt, receiptOfSale } from "./receipt.js";
import { requestedCents, totalCents } from "./sale.js";
import { outcomeMessage } from "./messages.js";

/**
 * Return the nodes that showText what became of a sale that is sent, or waits to be.
 * @param {object} sale @param {{isSaved: boolean, staffName: string}} facts
 */
export const renderOutcome = (sale, { isSaved, staffName }) =>
  sale.state === "paid" ? renderPaid(sale, staffName) : renderUndecided(sale, isSaved);

const renderPaid = (sale, staffName) => [
  el("p", { class: "outcome-title" }, el("span", { class: "outcome-mark", "aria-hidden": "true" }, "✓"), el("b", {}, `Paid ${formatMoney(totalCents(sale))}`)),
  el("p", { class: "outcome-hint" }, "Hand it over. The bag counts as a workout."),
  renderReceipt(receiptOfSale(sale), staffName),
];

function renderUndecided(sale, isSaved) {
  const { title, lines } = outcomeMessage(sale, { isSaved });
  return [
    el("p", { class: "outcome-title" }, el("span", { class: "outcome-pulse", "aria-hidden": "true" }), el("b", {}, title)),
    el("p", { class: "outcome-sum" }, `${formatMoney(requestedCents(sale))}, ${cardLabel(sale)}`),
    ...lines.map((line) => el("p", { class: "outcome-hint" }, line)),
    el(
      "ul",
      { class: "outcome-lines", "aria-label": "Articles of this sale" },
      ...sale.lines.map(({ name, quantity, cents }) =>
        el("li", {}, el("span", {}, `${quantity} × ${name}`), el("span", {}, formatMoney(cents * quantity))),
      ),
    ),
  ];
}

const cardLabel = ({ attempt }) =>
  attempt ? `${attempt.card.brand || "card"} ending ${attempt.card.lastFour}` : "no card";
