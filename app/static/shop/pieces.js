/** Parts that several views are made of. */

import { el } from "../client/dom.js";
import { formatMoney } from "../client/money.js";
import { kettle } from "./art.js";

/** Whoever has waited so long wants to know whether anything goes on. */
const SLOW_MS = 4000;

export const productAddress = (id) => `#/product/${encodeURIComponent(id)}`;
export const orderAddress = (id, query = "") => `#/order/${encodeURIComponent(id)}${query}`;

/** Return a picture that has its room before it has arrived. */
export const picture = (src, alt = "", { isEager = false, ...more } = {}) =>
  el("img", { src, alt, width: 600, height: 600, decoding: "async", loading: isEager ? "eager" : "lazy", ...more });

/** Return a small picture of something that may have left the catalog. */
export const thumb = (src) => (src ? picture(src) : el("span", { class: "no-picture" }));

/** Return a link that looks like a button. */
export const linkButton = (href, text, kind = "primary") => el("a", { href, class: `button ${kind}` }, text);

export const button = (text, onclick, { kind = "primary", ...more } = {}) =>
  el("button", { type: "button", class: `button ${kind}`, onclick, ...more }, text);

/** Return a big quiet panel for when there is nothing, or nothing yet; `kettle` knows the moods. */
export const panel = (mood, title, text, ...acts) =>
  el("section", { class: "panel" }, kettle(mood), el("h1", {}, title), el("p", {}, text), acts.length ? el("p", { class: "acts" }, ...acts) : "");

/** Return less, number, more. `onset(quantity)` gets what somebody wants. */
export function stepper({ name, quantity, least = 1, most, key, onset }) {
  const part = (sign, words, wanted, id) =>
    el(
      "button",
      {
        type: "button",
        "data-key": `${key} ${id}`,
        "aria-label": words,
        disabled: wanted < least || wanted > most,
        onclick: () => onset(wanted),
      },
      sign,
    );
  return el(
    "span",
    { class: "stepper", role: "group", "aria-label": `Quantity of ${name}` },
    part("−", `One ${name} less`, quantity - 1, "less"),
    el("output", {}, String(quantity)),
    part("+", `One ${name} more`, quantity + 1, "more"),
  );
}

/** Return a card of the catalog. */
export const productCard = (product, onadd, { isEager = false } = {}) =>
  el(
    "li",
    { class: "card" },
    el("span", { class: "card-picture" }, picture(product.image, "", { isEager })),
    el(
      "span",
      { class: "card-words" },
      el("h2", {}, el("a", { href: productAddress(product.id) }, product.name)),
      el("p", {}, product.about),
    ),
    el(
      "span",
      { class: "card-foot" },
      el("b", { class: "price" }, formatMoney(product.cents)),
      el(
        "button",
        { type: "button", class: "button round", "aria-label": `Add ${product.name} to the cart`, onclick: (event) => onadd(product, event.currentTarget) },
        "+",
      ),
    ),
  );

/** Return places for cards that are on their way, as large as the cards will be. */
export const cardSkeletons = (count) =>
  Array.from({ length: count }, () =>
    el(
      "li",
      { class: "card skeleton", "aria-hidden": "true" },
      el("span", { class: "card-picture bone" }),
      el("span", { class: "card-words" }, el("span", { class: "bone line" }), el("span", { class: "bone line short" })),
      el("span", { class: "card-foot" }, el("span", { class: "bone line short" })),
    ),
  );

/** Return places for tags that are on their way. */
export const tagSkeletons = () => Array.from({ length: 4 }, () => el("span", { class: "tag bone", "aria-hidden": "true" }));

/** Return a place that says so if it still stands there after a while. */
export function slowNote() {
  const note = el("p", { class: "slow", role: "status" });
  setTimeout(() => note.isConnected && (note.textContent = "Slow network. Still fetching, steady pace."), SLOW_MS);
  return note;
}

/** Return bones for a page with one thing on it. */
export const pageSkeleton = (title) => [
  el("h1", { class: "unseen" }, title),
  slowNote(),
  el(
    "div",
    { class: "split skeleton", "aria-hidden": "true" },
    el("span", { class: "bone square" }),
    el("div", {}, ...Array.from({ length: 5 }, (_, place) => el("span", { class: `bone line ${place % 2 ? "short" : ""}` }))),
  ),
];

/** Let a button do one thing at a time, and look like it. */
export async function whileBusy(control, work) {
  if (control.getAttribute("aria-busy") === "true") return;
  control.setAttribute("aria-busy", "true");
  try {
    await work();
  } finally {
    control.removeAttribute("aria-busy");
  }
}
