/** One product: three pictures, its price, and the way into the cart. */

import { MAX_QUANTITY } from "../../client/bounds.js";
import { el, isolate, updateChildren } from "../../client/dom.js";
import { formatMoney } from "../../client/money.js";
import { productImage } from "../../client/product-image.js";
import { stepper } from "../../client/stepper.js";
import { linkButton, pageSkeleton, panel, productCard } from "../components.js";

/** @import { Product } from "../../client/types.js" */
/** @import { Context, View } from "../context.js" */

/** How many other products are shown below. */
const MAX_OTHERS = 4;

/** Return what goes with a product: those that share a tag with it, those with most in common first. @param {Product} product @param {Product[]} all */
function companionsOf({ id, tags }, all) {
  /** @param {Product} other */
  const sharedTags = (other) => other.tags.filter((tag) => tags.includes(tag)).length;
  return all
    .filter((other) => other.id !== id && sharedTags(other))
    .sort((one, other) => sharedTags(other) - sharedTags(one))
    .slice(0, MAX_OTHERS);
}

/** @param {Context} context @returns {View} */
export const productView =
  ({ catalog, addToCart }) =>
  async ({ path, signal, show }) => {
    const id = path[1] ?? "";
    if (!catalog.products) show("Product", ...pageSkeleton("Product"));
    const product = await catalog.find(id, { signal });
    if (!product) {
      show(
        "No such product",
        panel(
          "lost",
          "Not on our shelves",
          "It may have run away. Fit things do.",
          linkButton("#/", "See what is here"),
        ),
      );
      return;
    }
    let quantity = 1;
    const amount = el("span", {});
    const draw = () => {
      updateChildren(amount, [
        stepper({
          name: product.name,
          quantity,
          max: MAX_QUANTITY,
          key: "amount",
          onSet: (wanted) => {
            quantity = wanted;
            draw();
          },
        }),
      ]);
    };
    draw();
    const others = el("ul", { class: "cards", "aria-label": "Other products" });
    const more = el("section", { class: "others", hidden: true }, el("h2", {}, "Trains well with"), others);
    show(
      product.name,
      el("nav", { class: "crumbs", "aria-label": "Back" }, el("a", { href: "#/" }, "← All products")),
      el(
        "article",
        { class: "split product" },
        gallery(product),
        el(
          "div",
          { class: "facts" },
          el("h1", {}, product.name),
          el("p", { class: "about" }, product.about),
          el("p", { class: "price big" }, formatMoney(product.cents)),
          el(
            "div",
            { class: "buy" },
            amount,
            el(
              "button",
              {
                type: "button",
                class: "button primary",
                onclick: () => addToCart(product, quantity),
              },
              "Add to cart",
            ),
          ),
          el("p", { class: "prose" }, product.description),
          el(
            "ul",
            { class: "tags", "aria-label": "Tags" },
            ...product.tags.map((tag) =>
              el("li", {}, el("a", { class: "tag", href: `#/?${new URLSearchParams({ tag })}` }, tag)),
            ),
          ),
        ),
      ),
      more,
    );
    const all = await catalog.load();
    const companions = companionsOf(product, all);
    others.replaceChildren(...companions.map((other) => productCard(other, addToCart)));
    more.hidden = !companions.length;
  };

/** @param {Product} product */
function gallery({ name, images }) {
  const stage = el("div", { class: "stage" }, productImage(images[0], { alt: name, isEager: true }));
  const thumbs = images.map((src, index) =>
    el(
      "button",
      {
        type: "button",
        "aria-label": `Picture ${index + 1} of ${images.length}`,
        "aria-pressed": String(index === 0),
        onclick: () => choose(index),
      },
      productImage(src, { isEager: true }),
    ),
  );
  /** @param {number} index */
  function choose(index) {
    stage.replaceChildren(
      productImage(images[index], { alt: `${isolate(name)}, picture ${index + 1}`, isEager: true }),
    );
    for (const [other, thumb] of thumbs.entries()) thumb.setAttribute("aria-pressed", String(other === index));
  }
  return el(
    "div",
    { class: "gallery" },
    stage,
    images.length > 1 ? el("div", { class: "thumbs", role: "group", "aria-label": "Pictures" }, ...thumbs) : "",
  );
}
