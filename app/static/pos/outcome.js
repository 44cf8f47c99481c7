/** What became of a sale, as a person sees it: a verdict and its receipt, or why there is none yet. */

import { el } from "../client/dom.js";
import { formatMoney } from "../client/money.js";
import { paperOf, receiptOfSale } from "./receipt.js";
import { askedCents, totalCents } from "./sale.js";
import { outcomeWords } from "./words.js";

/**
 * Return the nodes that tell what became of a sale that is sent, or waits to be.
 * @param {object} sale @param {{isKept: boolean, staffName: string}} facts
 */
export const outcomeOf = (sale, { isKept, staffName }) =>
  sale.state === "paid" ? verdictOf(sale, staffName) : newsOf(sale, isKept);

const verdictOf = (sale, staffName) => [
  el("p", { class: "verdict" }, el("span", { class: "verdict-mark", "aria-hidden": "true" }, "✓"), el("b", {}, `Paid ${formatMoney(totalCents(sale))}`)),
  el("p", { class: "verdict-hint" }, "Hand it over. The bag counts as a workout."),
  paperOf(receiptOfSale(sale), staffName),
];

function newsOf(sale, isKept) {
  const { title, lines } = outcomeWords(sale, { isKept });
  return [
    el("p", { class: "verdict" }, el("span", { class: "verdict-pulse", "aria-hidden": "true" }), el("b", {}, title)),
    el("p", { class: "verdict-sum" }, `${formatMoney(askedCents(sale))}, ${cardWords(sale)}`),
    ...lines.map((line) => el("p", { class: "verdict-hint" }, line)),
    el(
      "ul",
      { class: "recap", "aria-label": "Articles of this sale" },
      ...sale.lines.map(({ name, quantity, cents }) =>
        el("li", {}, el("span", {}, `${quantity} × ${name}`), el("span", {}, formatMoney(cents * quantity))),
      ),
    ),
  ];
}

const cardWords = ({ attempt }) =>
  attempt ? `${attempt.card.brand || "card"} ending ${attempt.card.lastFour}` : "no card";
