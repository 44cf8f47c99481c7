/** The cart: prices come from the catalog, whatever was kept. */

import { el, updateChildren } from "../client/dom.js";
import { sumQuantities, formatMoney, sumCents } from "../client/money.js";
import { MOST_OF_ONE } from "./lines.js";
import { button, linkButton, panel, picture, productAddress, slowNote, stepper } from "./pieces.js";
import { failureLine } from "./words.js";

export const cartView = ({ basket, shelves, say, shout }) =>
  async ({ signal, show }) => {
    if (!basket.lines || !shelves.products) show("Cart", el("h1", {}, "Cart"), ...cartSkeleton());
    if (!basket.lines) await basket.load();
    await shelves.load();
    const box = el("div", { class: "split cart" });
    const heading = el("h1", {}, "Cart");

    async function change(id, quantity, words) {
      box.setAttribute("aria-busy", "true");
      try {
        await basket.set(id, quantity);
        say(words);
      } catch (failure) {
        if (failure.name !== "ShopError") throw failure;
        shout(failureLine(failure));
      } finally {
        box.removeAttribute("aria-busy");
      }
    }

    let drawn = "";

    async function draw() {
      const lines = await shelves.describe(basket.lines ?? []);
      // What is drawn anew loses the click that somebody is about to make.
      const isDrawn = box.isConnected && drawn === JSON.stringify(lines);
      if (signal.aborted || isDrawn) return;
      drawn = JSON.stringify(lines);
      if (!lines.length) {
        show("Cart", panel("rest", "Nothing in the cart", "Rest day? Respect. The shelves are open when you are.", linkButton("#/", "Find something heavy")));
        return;
      }
      const gone = lines.filter((line) => !line.product);
      updateChildren(
        box,
        [
          el("ul", { class: "lines", "aria-label": "In the cart" }, ...lines.map((line) => row(line, change))),
          el(
            "aside",
            { class: "sum", "aria-label": "Sum" },
            el("dl", {}, fact("Items", String(sumQuantities(lines))), fact("Shipping", "On us"), fact("Total", formatMoney(sumCents(lines)), "total")),
            gone.length
              ? el("p", { class: "banner bad" }, "Something in here has left the catalog. Take it out to go on.")
              : linkButton("#/checkout", "Check out"),
            el("a", { class: "quiet", href: "#/" }, "Keep shopping"),
          ),
        ],
        heading,
      );
      if (!box.isConnected) show("Cart", heading, box);
    }

    await draw();
    basket.addEventListener("change", () => basket.lines && draw(), { signal });
    // Another device may have changed it; a failure leaves what is shown as it is.
    basket.load().catch(() => {});
  };

const fact = (name, value, kind = "") => el("div", { class: kind }, el("dt", {}, name), el("dd", {}, value));

function row({ id, quantity, product, cents }, change) {
  const name = product?.name ?? "No longer on the shelves";
  return el(
    "li",
    { class: "line-item", "data-product": id },
    product ? picture(product.image) : el("span", { class: "bone square" }),
    el(
      "span",
      { class: "line-words" },
      el("b", {}, product ? el("a", { href: productAddress(id) }, name) : name),
      el("small", {}, product ? `${formatMoney(cents)} each` : "Somebody else was faster."),
    ),
    product
      ? stepper({ name, quantity, most: MOST_OF_ONE, key: id, onset: (wanted) => change(id, wanted, `${wanted} × ${name}`) })
      : "",
    el("b", { class: "price" }, product ? formatMoney(cents * quantity) : ""),
    button("Remove", () => change(id, 0, `${name} removed`), { kind: "quiet", "aria-label": `Remove ${name}`, "data-key": `${id} remove` }),
  );
}

const cartSkeleton = () => [
  slowNote(),
  el(
    "div",
    { class: "split cart skeleton", "aria-hidden": "true" },
    el("ul", { class: "lines" }, ...[1, 2].map(() => el("li", { class: "line-item" }, el("span", { class: "bone square" }), el("span", { class: "bone line" })))),
    el("div", { class: "sum" }, el("span", { class: "bone line" }), el("span", { class: "bone line" })),
  ),
];
