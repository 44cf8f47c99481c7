/** The till's texts about sales. They say what is known, and what to do next. */

import { MAX_LINES, MAX_QUANTITY } from "../client/bounds.js";
import { isolate, isolateWords } from "../client/dom.js";
import { formatMoney } from "../client/money.js";
import { isAbandoned, isInProgress, isUnsettled, totalCents, unitCount } from "./sale.js";

/** @typedef {import("./sale.js").Sale} Sale */

/** The state of a sale in two or three words. */
export const STATE_LABELS = {
  open: "Open",
  waiting: "Waiting, not paid",
  sending: "Sent, no answer yet",
  pending: "Sent, not decided yet",
  unsure: "Checking with the shop",
  paid: "Paid",
  declined: "Declined",
  void: "Cancelled",
};

/** Return the state of a parked sale. @param {Sale} sale */
export function parkedLabel(sale) {
  if (sale.state !== "open") return STATE_LABELS[sale.state];
  return isUnsettled(sale) ? "Last attempt may still arrive" : "Parked";
}

/** Return "1 article" or "3 articles". @param {number} count */
export const articleCount = (count) => `${count} ${count === 1 ? "article" : "articles"}`;

/** Return what screen readers say when a sale changes its state; "" for nothing. @param {Sale} before @param {Sale} after */
export function announcementFor(before, after) {
  switch (after.state) {
    case "paid":
      return `Paid ${formatMoney(totalCents(after))}.`;
    case "declined":
      return "The card was declined. Nothing was charged.";
    case "waiting":
      return before.state === "sending" ? "No answer. The sale waits here and is not paid yet." : "";
    case "pending":
      return "The shop has the sale; it is not paid yet.";
    case "void":
      return "The sale is cancelled. Nothing was charged.";
    default:
      return "";
  }
}

/** Return what staff are asked before a sale is cancelled. @param {Sale} sale */
export function cancelQuestion(sale) {
  const mayHaveArrived = isInProgress(sale) || isUnsettled(sale);
  return {
    title: "Cancel this sale?",
    text: mayHaveArrived
      ? "Nothing more will be sent. If the last attempt has reached the shop after all, the till will find out and say so."
      : `${articleCount(unitCount(sale))} for ${formatMoney(totalCents(sale))} will be removed. Nothing was charged.`,
    yes: "Cancel the sale",
    no: "Keep it",
  };
}

/**
 * Return what is shown while a sale has no result: a heading, and what to do meanwhile.
 * @param {Sale} sale @param {{isSaved: boolean}} options `isSaved`: whether the browser has stored the sale.
 */
export function outcomeMessage(sale, { isSaved }) {
  switch (sale.state) {
    case "sending":
      return { title: "Sent", lines: ["The shop has not answered yet.", "Not paid yet: keep the goods."] };
    case "pending":
      return {
        title: "Sent, not decided",
        lines: ["The shop has the order. The bank has not decided yet.", "Not paid yet: keep the goods."],
      };
    case "unsure":
      return sale.withdrawn
        ? {
            title: "Cancelling",
            lines: [
              "The last attempt may have reached the shop, so the till checks before it removes the sale.",
              "This takes about half a minute. Nothing more will be charged.",
            ],
          }
        : {
            title: "Checking with the shop",
            lines: [
              "This attempt may have reached the shop. The till charges nothing until the shop has answered.",
              "Not known to be paid: keep the goods.",
            ],
          };
    default:
      return {
        title: "Waiting",
        lines: [
          sale.notice?.text || (WAITING_REASONS.get(sale.notice?.code ?? "") ?? "The sale is about to be sent."),
          "Not paid: keep the goods.",
          isSaved
            ? "The sale is stored and will be sent once, by itself. Leave this page open: the card number is only in its memory."
            : "The sale will be sent once, by itself. Leave this page open: this browser stores nothing, and a reload loses the sale.",
        ],
      };
  }
}

const WAITING_REASONS = new Map([
  ["network", "There is no connection to the shop."],
  ["shop", "The shop does not answer."],
  ["sign in", "Your sign-in has ended. Sign in again, and the sale is sent."],
]);

/**
 * Return what has changed in a sale when the shop's prices were taken.
 * @param {Sale} before @param {Sale} after
 */
export function priceChangeMessage(before, after) {
  const gone = before.lines.filter(({ id }) => !after.lines.some((line) => line.id === id));
  const reason = gone.length
    ? `No longer sold: ${gone.map(({ name }) => isolate(name)).join(", ")}.`
    : "Prices have changed.";
  const totals = `The total was ${formatMoney(totalCents(before))} and is ${formatMoney(totalCents(after))} now.`;
  return `${reason} ${totals} Nothing was charged. Tell the customer, then take payment.`;
}

/** Return what is shown when the total has changed while the card was entered. @param {number} before @param {number} after */
export const totalChangedMessage = (before, after) =>
  `The total has changed from ${formatMoney(before)} to ${formatMoney(after)}. Tell the customer, then confirm the new total.`;

/** Return why a product was not added. @param {"lines" | "quantity"} refusal @param {string} name */
export const refusalMessage = (refusal, name) =>
  refusal === "quantity"
    ? `Not added: a sale takes at most ${MAX_QUANTITY} of one article (${isolate(name)}).`
    : `Not added: a sale takes at most ${MAX_LINES} different articles. Take payment and start another sale for the rest.`;

/** Why nothing was added for a count like "0*" or "1000*". */
export const WRONG_COUNT = `Not added: the count before the * must be a whole number from 1 to ${MAX_QUANTITY}.`;

/** Return what is shown above the articles of a sale; "" for nothing. @param {Sale} sale */
export function noticeFor(sale) {
  const { code, text = "" } = sale.notice ?? {};
  if (code === "card again") {
    return sale.sentAt === null
      ? "The page was reloaded before this sale was sent. Nothing was charged. Enter the card again."
      : "The shop does not have the last attempt. Enter the card again. If the first attempt still arrives, only one of the two is charged.";
  }
  if (code === "repriced") return text;
  if (code === "refused") return `The shop refused the order: ${isolateWords(text)}. Nothing was charged.`;
  if (isAbandoned(sale)) {
    return "The last attempt of this sale may still arrive. Cancel the sale, and the till finds out. New articles go into a sale of their own.";
  }
  return "";
}
