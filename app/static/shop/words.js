/** What the shop says. One place, so that the tone stays one, and no state lies. */

/** The stations of an order, in their order. */
export const JOURNEY = ["pending", "paid", "shipped", "delivered"];

/** Where an order ends whose card was refused. */
export const DEAD_END = ["pending", "declined"];

export const STATE_WORDS = {
  pending: "Waiting for the bank",
  paid: "Paid",
  shipped: "On its way",
  delivered: "Delivered",
  declined: "Declined",
};

/** What stands at each station before and after it is reached. */
export const STATION_WORDS = {
  pending: { name: "Ordered", text: "We have it in writing." },
  paid: { name: "Paid", text: "The bank gave two thumbs up." },
  shipped: { name: "Shipped", text: "Your parcel is doing its cardio." },
  delivered: { name: "Delivered", text: "At your door. Bend from the knees." },
  declined: { name: "Declined", text: "The bank shook its head." },
};

/** The heading of an order page. */
export const ORDER_WORDS = {
  pending: { title: "Order received", text: "The bank is still stretching. Not paid yet; this page will tell you the moment it is." },
  paid: { title: "Paid. Nice form.", text: "We are packing. The heavy lifting is on us, for once." },
  shipped: { title: "It is on its way", text: "Somebody else is running for you. Enjoy it." },
  delivered: { title: "Delivered. No more excuses.", text: "Unpack, breathe, begin." },
  declined: { title: "The card was declined", text: "Nothing was charged and nothing will be sent. Another card may be in better shape." },
};

export const FAILURE_WORDS = {
  network: { mood: "cutOff", title: "No connection", text: "The network is out for a run. Your things are safe; try again when it is back." },
  shop: { mood: "breathless", title: "The shop is out of breath", text: "It does not answer as it should. Give it a moment, then try another set." },
  refused: { mood: "lost", title: "The shop shook its head", text: "That request made no sense to it." },
};

/** Return a failure in one sentence, for a place with little room. */
export function failureLine(failure) {
  if (failure.kind === "refused") return failure.message || FAILURE_WORDS.refused.text;
  if (failure.kind === "sign in") return "Your sign-in has run out. Log in again to go on.";
  return failure.kind === "network"
    ? "No connection. Nothing was confirmed; try again."
    : "The shop did not answer. Nothing was confirmed; try again.";
}
