/** Parts that several views are made of. */

import { el, isolate } from "../client/dom.js";
import { formatMoney } from "../client/money.js";
import { productImage } from "../client/product-image.js";
import { mascot } from "./mascot.js";

/** @import { Child, Product } from "../client/types.js" */
/** @import { Mood } from "./mascot.js" */

/** After so long a wait the page says that the network is slow. */
const SLOW_MS = 4000;

/** @param {string} id */
export const productUrl = (id) => `/products/${encodeURIComponent(id)}`;
/** @param {string} id @param {string} [query] */
export const orderUrl = (id, query = "") => `#/order/${encodeURIComponent(id)}${query}`;

/** Return a link that looks like a button. @param {string} href @param {string} text @param {string} [kind] */
export const linkButton = (href, text, kind = "primary") => el("a", { href, class: `button ${kind}` }, text);

/**
 * Return a button. Further options are attributes.
 * @param {string} text
 * @param {(event: MouseEvent & {currentTarget: HTMLButtonElement}) => unknown} onclick
 * @param {{kind?: string} & Record<string, string|undefined>} [options]
 */
export const button = (text, onclick, { kind = "primary", ...attributes } = {}) => {
  const element = el("button", { type: "button", class: `button ${kind}`, onclick }, text);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value ?? "");
  return element;
};

/**
 * Return a panel for an empty or failed view.
 * @param {Mood} mood @param {string} title @param {string} text @param {Child[]} acts
 */
export const panel = (mood, title, text, ...acts) =>
  el(
    "section",
    { class: "panel" },
    mascot(mood),
    el("h1", {}, title),
    el("p", {}, text),
    acts.length ? el("p", { class: "acts" }, ...acts) : "",
  );

/**
 * Return a card of the catalog.
 * @param {Product} product @param {(product: Product) => void} onAdd
 * @param {{isEager?: boolean}} [options] `isEager` fetches the picture at once.
 */
export const productCard = (product, onAdd, { isEager = false } = {}) =>
  el(
    "li",
    { class: "card" },
    el("span", { class: "card-picture" }, productImage(product.image, { isEager })),
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
          "aria-label": `Add ${isolate(product.name)} to the cart`,
          onclick: () => onAdd(product),
        },
        "+",
      ),
    ),
  );

/** Return placeholders for cards, as large as the cards will be. @param {number} count */
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

/** Return placeholders for a page about one thing. @param {string} title */
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

/**
 * Mark a button as busy while work runs; clicks meanwhile do nothing.
 * @param {HTMLElement} control @param {() => Promise<void>} work
 */
export async function whileBusy(control, work) {
  if (control.getAttribute("aria-busy") === "true") return;
  control.setAttribute("aria-busy", "true");
  try {
    await work();
  } finally {
    control.removeAttribute("aria-busy");
  }
}
