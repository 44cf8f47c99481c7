/** Parts that several views are made of. */

import { el } from "../client/dom.js";
import { formatMoney } from "../client/money.js";
import { mascot } from "./mascot.js";

/** After so long a wait the page says that the network is slow. */
const SLOW_MS = 4000;

export const productUrl = (id) => `#/product/${encodeURIComponent(id)}`;
export const orderUrl = (id, query = "") => `#/order/${encodeURIComponent(id)}${query}`;

/** Return a picture whose space is reserved before it arrives. */
export const picture = (src, alt = "", { isEager = false, ...more } = {}) =>
  el("img", { src, alt, width: 600, height: 600, decoding: "async", loading: isEager ? "eager" : "lazy", ...more });

/** Return a small picture of something that may have left the catalog. */
export const thumb = (src) => (src ? picture(src) : el("span", { class: "no-picture" }));

/** Return a link that looks like a button. */
export const linkButton = (href, text, kind = "primary") => el("a", { href, class: `button ${kind}` }, text);

export const button = (text, onclick, { kind = "primary", ...more } = {}) =>
  el("button", { type: "button", class: `button ${kind}`, onclick, ...more }, text);

/** Return a panel for an empty or failed view; `mood` is one of `mascot`. */
export const panel = (mood, title, text, ...acts) =>
  el(
    "section",
    { class: "panel" },
    mascot(mood),
    el("h1", {}, title),
    el("p", {}, text),
    acts.length ? el("p", { class: "acts" }, ...acts) : "",
  );

/** Return a stepper: less, quantity, more. `onSet(quantity)` is called with the wanted quantity. */
export function stepper({ name, quantity, least = 1, most, key, onSet }) {
  const part = (sign, label, wanted, id) =>
    el(
      "button",
      {
        type: "button",
        "data-key": `${key} ${id}`,
        "aria-label": label,
        disabled: wanted < least || wanted > most,
        onclick: () => onSet(wanted),
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
export const productCard = (product, onAdd, { isEager = false } = {}) =>
  el(
    "li",
    { class: "card" },
    el("span", { class: "card-picture" }, picture(product.image, "", { isEager })),
    el(
      "span",
      { class: "card-text" },
      el("h2", {}, el("a", { href: productUrl(product.id) }, product.name)),
      el("p", {}, product.about),
    ),
    el(
      "span",
      { class: "card-foot" },
      el("b", { class: "price" }, formatMoney(product.cents)),
      el(
        "button",
        {
          type: "button",
          class: "button round",
          "aria-label": `Add ${product.name} to the cart`,
          onclick: (event) => onAdd(product, event.currentTarget),
        },
        "+",
      ),
    ),
  );

/** Return placeholders for cards, as large as the cards will be. */
export const cardSkeletons = (count) =>
  Array.from({ length: count }, () =>
    el(
      "li",
      { class: "card skeleton", "aria-hidden": "true" },
      el("span", { class: "card-picture bone" }),
      el("span", { class: "card-text" }, el("span", { class: "bone line" }), el("span", { class: "bone line short" })),
      el("span", { class: "card-foot" }, el("span", { class: "bone line short" })),
    ),
  );

/** Return placeholders for tags. */
export const tagSkeletons = () =>
  Array.from({ length: 4 }, () => el("span", { class: "tag bone", "aria-hidden": "true" }));

/** Return an empty notice that says the network is slow if it is still on the page after a while. */
export function slowNotice() {
  const note = el("p", { class: "slow", role: "status" });
  setTimeout(() => {
    if (note.isConnected) note.textContent = "Slow network. Still fetching, steady pace.";
  }, SLOW_MS);
  return note;
}

/** Return placeholders for a page about one thing. */
export const pageSkeleton = (title) => [
  el("h1", { class: "unseen" }, title),
  slowNotice(),
  el(
    "div",
    { class: "split skeleton", "aria-hidden": "true" },
    el("span", { class: "bone square" }),
    el(
      "div",
      {},
      ...Array.from({ length: 5 }, (_, index) => el("span", { class: `bone line ${index % 2 ? "short" : ""}` })),
    ),
  ),
];

/** Mark a button as busy while work runs; clicks meanwhile do nothing. */
export async function whileBusy(control, work) {
  if (control.getAttribute("aria-busy") === "true") return;
  control.setAttribute("aria-busy", "true");
  try {
    await work();
  } finally {
    control.removeAttribute("aria-busy");
  }
}
