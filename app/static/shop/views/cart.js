/** The cart, with the prices of the catalog. */

import { MAX_LINES, MAX_QUANTITY } from "../../client/bounds.js";
import { el, isolate, updateChildren } from "../../client/dom.js";
import { isShopError } from "../../client/errors.js";
import { formatMoney, sumCents, sumQuantities } from "../../client/money.js";
import { productImage } from "../../client/product-image.js";
import { stepper } from "../../client/stepper.js";
import { button, linkButton, panel, productUrl, slowNotice } from "../components.js";
import { failureMessage } from "../messages.js";

/** @import { Context, DescribedLine, View } from "../context.js" */

/** @param {Context} context @returns {View} */
export const cartView =
  ({ cartStore, catalog, announce, showError }) =>
  async ({ signal, show }) => {
    if (!cartStore.lines || !catalog.products) show("Cart", el("h1", {}, "Cart"), ...cartSkeleton());
    if (!cartStore.lines) await cartStore.load();
    await catalog.load();
    const box = el("div", { class: "split cart" });
    const heading = el("h1", {}, "Cart");

    /** By article, what takes back the news of a change that failed. @type {Map<string, () => void>} */
    const failures = new Map();

    /** @param {string} id @param {number} quantity @param {string} text What is announced. */
    async function change(id, quantity, text) {
      try {
        await cartStore.set(id, quantity);
        // A later wish has come true: that nothing was confirmed is no longer so.
        failures.get(id)?.();
        announce(text);
      } catch (failure) {
        if (!isShopError(failure)) throw failure;
        failures.set(id, showError(failureMessage(failure)));
      }
    }

    let drawn = "";

    async function draw() {
      const lines = await catalog.describe(cartStore.lines ?? []);
      // Drawing the same again could lose a click that is under way.
      const isDrawn = box.isConnected && drawn === JSON.stringify(lines);
      if (signal.aborted || isDrawn) return;
      drawn = JSON.stringify(lines);
      if (!lines.length) {
        show(
          "Cart",
          panel(
            "rest",
            "Nothing in the cart",
            "Rest day? Respect. The shelves are open when you are.",
            linkButton("#/", "Find something heavy"),
          ),
        );
        return;
      }
      const obstacle = obstacleOf(lines);
      updateChildren(
        box,
        [
          el("ul", { class: "lines", "aria-label": "In the cart" }, ...lines.map((line) => row(line, change))),
          el(
            "aside",
            { class: "sum", "aria-label": "Sum" },
            el(
              "dl",
              {},
              fact("Items", String(sumQuantities(lines))),
              fact("Shipping", "On us"),
              fact("Total", formatMoney(sumCents(lines)), "total"),
            ),
            obstacle ? el("p", { class: "banner bad" }, obstacle) : linkButton("#/checkout", "Check out"),
            el("a", { class: "quiet", href: "#/" }, "Keep shopping"),
          ),
        ],
        heading,
      );
      if (!box.isConnected) show("Cart", heading, box);
    }

    await draw();
    cartStore.addEventListener("change", () => cartStore.lines && draw(), { signal });
    // Another device may have changed it; a failure leaves what is shown as it is.
    cartStore.load().catch(() => {});
  };

/** Return why a cart cannot be ordered as it is, or "". @param {DescribedLine[]} lines */
function obstacleOf(lines) {
  if (lines.some(({ product }) => !product)) return "Something in here has left the catalog. Take it out to go on.";
  // A cart of an earlier release may have more than the shop accepts today.
  if (lines.some(({ quantity }) => quantity > MAX_QUANTITY)) {
    return `An order takes at most ${MAX_QUANTITY} of one article. Take some out to go on.`;
  }
  return lines.length > MAX_LINES
    ? `An order takes at most ${MAX_LINES} different articles. Take some out to go on.`
    : "";
}

/** @param {string} name @param {string} value */
const fact = (name, value, kind = "") => el("div", { class: kind }, el("dt", {}, name), el("dd", {}, value));

/** @param {DescribedLine} line @param {(id: string, quantity: number, text: string) => Promise<void>} change */
function row({ id, quantity, product, cents }, change) {
  const name = product?.name ?? "No longer on the shelves";
  return el(
    "li",
    { class: "line-item", "data-product": id },
    product ? productImage(product.image) : el("span", { class: "bone square" }),
    el(
      "span",
      { class: "line-text" },
      el("b", {}, product ? el("a", { href: productUrl(id) }, name) : name),
      el("small", {}, product ? `${formatMoney(cents)} each` : "Somebody else was faster."),
    ),
    product
      ? stepper({
          name: isolate(name),
          quantity,
          max: MAX_QUANTITY,
          key: id,
          onSet: (wanted) => change(id, wanted, `${wanted} × ${isolate(name)}`),
        })
      : "",
    el("b", { class: "price" }, product ? formatMoney(cents * quantity) : ""),
    button("Remove", () => change(id, 0, `${isolate(name)} removed`), {
      kind: "quiet",
      "aria-label": `Remove ${isolate(name)}`,
      "data-key": `${id} remove`,
    }),
  );
}

const cartSkeleton = () => [
  slowNotice(),
  el(
    "div",
    { class: "split cart skeleton", "aria-hidden": "true" },
    el(
      "ul",
      { class: "lines" },
      ...[1, 2].map(() =>
        el("li", { class: "line-item" }, el("span", { class: "bone square" }), el("span", { class: "bone line" })),
      ),
    ),
    el("div", { class: "sum" }, el("span", { class: "bone line" }), el("span", { class: "bone line" })),
  ),
];
