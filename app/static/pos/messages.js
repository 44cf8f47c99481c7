/** What the till says. One place, so that the tone stays one, and no state lies. */

import { formatMoney } from "../client/money.js";
import { isAbandoned, isInProgress, isUnsettled, totalCents, unitCount } from "./sale.js";

/** What stands on the badge of a sale in each state. */
export const STATE_LABELS = {
  open: "Open",
  waiting: "Waiting, not paid",
  sending: "Sent, no answer yet",
  pending: "Sent, not decided yet",
  unsure: "Waiting for the shop's word",
  paid: "Paid",
  declined: "Declined",
  void: "Dropped",
};

/** What stands on a sale that is not on screen. */
export function parkedLabel(sale) {
  if (sale.state !== "open") return STATE_LABELS[sale.state];
  return isUnsettled(sale) ? "Last try may still arrive" : "Set aside";
}

/** What is said aloud when a sale gets from one state into another; "" for nothing. */
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
      return "The sale is off. Nothing was charged.";
    default:
      return "";
  }
}

/** What staff are asked before a sale is dropped; one that may be in the shop is called off. */
export function cancelQuestion(sale) {
  const isOut = isInProgress(sale) || isUnsettled(sale);
  return {
    title: isOut ? "Call this sale off?" : "Drop this sale?",
    text: isOut
      ? "Nothing more will be sent. If the last try reached the shop after all, the till will find out and say so."
      : `${unitCount(sale)} × something for ${formatMoney(totalCents(sale))} will go back on the shelves.`,
    yes: isOut ? "Call it off" : "Drop it",
    no: "Keep it",
  };
}

/**
 * What a person sees while a sale has no verdict: a heading, and what to do meanwhile.
 * `isSaved` tells whether the browser has the sale on disk.
 */
export function outcomeMessage(sale, { isSaved }) {
  switch (sale.state) {
    case "sending":
      return {
        title: "Sent",
        lines: ["The shop has not answered yet.", "Keep the goods on the store for another breath."],
      };
    case "pending":
      return {
        title: "Sent, not decided",
        lines: ["The shop has the order; the bank is still stretching.", "Not paid yet: keep the goods."],
      };
    case "unsure":
      return sale.withdrawn
        ? {
            title: "Calling it off",
            lines: [
              "The last try may have reached the shop, so the till asks before it forgets the sale.",
              "This takes about half a minute. No new charge will be made.",
            ],
          }
        : {
            title: "Asking the shop",
            lines: [
              "This try may have reached the shop, so nobody charges anything before it says what it knows.",
              "Not paid as far as anyone knows: keep the goods.",
            ],
          };
    default:
      return {
        title: "Waiting",
        lines: [
          WAITING[sale.notice?.code] ?? WAITING.start,
          "Not paid: keep the goods on the store.",
          isSaved ? SAVED : UNSAVED,
        ],
      };
  }
}

const WAITING = {
  start: "The sale is about to leave.",
  network: "The network is out for a run.",
  shop: "The shop is out of breath and does not answer.",
  "sign in": "The shift's sign-in has run out. Sign in again, and the sale goes on.",
};

const SAVED =
  "The sale is kept and goes out by itself, once. The card number is only in this page's memory, so leave the page open.";
const UNSAVED =
  "The sale goes out by itself, once. This browser keeps nothing on disk, so the page must stay open until it has.";

/** What has changed between the lines of a sale before and after the shop's prices. */
export function priceChangeMessage(before, after) {
  const gone = before.filter(({ id }) => !after.some((line) => line.id === id));
  if (!gone.length) return "Prices have moved:";
  return `No longer sold: ${gone.map(({ name }) => name).join(", ")}. So`;
}

/** What stands above a sale that came back to its articles. */
export function noticeFor(sale) {
  const { code, text } = sale.notice ?? {};
  if (code === "card again") {
    return sale.sentAt === null
      ? "The page was loaded anew before this sale left. Nothing was charged; the card is needed once more."
      : "The shop knows nothing of the last try. Take the card again: should the first try still turn up, the shop keeps only one of the two.";
  }
  if (code === "repriced") return text;
  if (code === "refused") return `The shop did not take the order: ${text}. Nothing was charged.`;
  if (isAbandoned(sale)) return "The last try of this sale may still arrive. Drop the sale, and the till finds out. What is rung up now is a sale of its own.";
  return "";
}
