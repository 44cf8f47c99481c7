/** The storefront's messages, in one place so that they agree in tone and in fact. */

import { isolate } from "../client/dom.js";
import { waitText } from "../client/errors.js";

/** @import { ShopError, FailureKind } from "../client/errors.js" */
/** @import { OrderState } from "../client/order-states.js" */
/** @import { Mood } from "./mascot.js" */

/** The states of an order, in the order in which they are reached. @type {OrderState[]} */
export const ORDER_STEPS = ["pending", "paid", "shipped", "delivered"];

/** The states of an order whose card was declined. @type {OrderState[]} */
export const DECLINED_STEPS = ["pending", "declined"];

/** @type {Record<Exclude<OrderState, "unknown">, string>} */
const STATE_LABELS = {
  pending: "Waiting for the bank",
  paid: "Paid",
  shipped: "On its way",
  delivered: "Delivered",
  declined: "Declined",
};

/** Name and text of each step of an order's progress. @type {Record<Exclude<OrderState, "unknown">, {name: string, text: string}>} */
export const STEP_TEXTS = {
  pending: { name: "Ordered", text: "We have it in writing." },
  paid: { name: "Paid", text: "The bank gave two thumbs up." },
  shipped: { name: "Shipped", text: "Your parcel is doing its cardio." },
  delivered: { name: "Delivered", text: "At your door. Bend from the knees." },
  declined: { name: "Declined", text: "The bank shook its head." },
};

/** The heading of an order page. @type {Record<OrderState, {title: string, text: string}>} */
export const ORDER_MESSAGES = {
  pending: {
    title: "Order received",
    text: "Not paid yet: the bank is still stretching and has not decided. This page will tell you the moment it has.",
  },
  paid: { title: "Paid. Nice form.", text: "We are packing. The heavy lifting is on us, for once." },
  shipped: { title: "It is on its way", text: "Somebody else is running for you. Enjoy it." },
  delivered: { title: "Delivered. No more excuses.", text: "Unpack, breathe, begin." },
  declined: {
    title: "The card was declined",
    text: "Nothing was charged and nothing will be sent. Another card may be in better shape.",
  },
  unknown: {
    title: "A move we have not learned yet",
    text: "The words above are the shop's own, and this page knows no more about them. Look again later.",
  },
};

/** Return the state of an order in a few words; one that the page does not know in the shop's. @param {OrderState} state @param {string} status */
export const stateLabel = (state, status) => (state === "unknown" ? isolate(status) : STATE_LABELS[state]);

/** @type {Record<Exclude<FailureKind, "sign in">, {mood: Mood, title: string, text: string}>} */
const FAILURE_MESSAGES = {
  network: {
    mood: "cutOff",
    title: "No connection",
    text: "The network is out for a run. Your things are safe; try again when it is back.",
  },
  shop: {
    mood: "breathless",
    title: "The shop is out of breath",
    text: "It does not answer as it should. Give it a moment, then try another set.",
  },
  refused: {
    mood: "lost",
    title: "The shop shook its head",
    text: "It will not do what was asked. Ask again, or start over from the shelves.",
  },
};

/** A mistake in the page itself. @type {{mood: Mood, title: string, text: string}} */
export const PAGE_FAILURE = {
  mood: "breathless",
  title: "This page pulled a muscle",
  text: "It could not show what the shop has answered. What you have ordered is at the shop; load the page again.",
};

/** No matter of time: this account may not, ever. */
const FORBIDDEN = "Your account may not do that.";

/** Return the heading and the text of a page that could not be read. @param {ShopError} failure */
export function failurePanel(failure) {
  if (failure.kind !== "sign in") return FAILURE_MESSAGES[failure.kind];
  return { ...FAILURE_MESSAGES.refused, text: FORBIDDEN };
}

/** Return a failure in one sentence, for a toast or a banner. @param {ShopError} failure */
export function failureMessage(failure) {
  if (failure.kind === "refused") return failure.message || FAILURE_MESSAGES.refused.text;
  if (failure.status === 403) return FORBIDDEN;
  if (failure.kind === "sign in") return "Your sign-in has run out. Log in again to go on.";
  if (failure.status === 429) return waitText(failure);
  return failure.kind === "network"
    ? "No connection. Nothing was confirmed; try again."
    : "The shop did not answer. Nothing was confirmed; try again.";
}
