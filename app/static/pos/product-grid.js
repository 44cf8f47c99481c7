/** The products as big tiles, with search and tags. */

import { byId, el, isolate, updateChildren } from "../client/dom.js";
import { formatMoney } from "../client/money.js";
import { productImage } from "../client/product-image.js";
import { findProducts, tagsOf } from "../client/search.js";
import { Combobox } from "./combobox.js";
import { parseQuery } from "./query.js";

/** @typedef {import("../client/types.js").Product} Product */

/** So many tiles are drawn at first, and so many more with each touch on "Show more". */
const PAGE_SIZE = 60;
const MAX_TAGS = 14;

export class ProductGrid {
  #catalog;
  #onPick;
  #onNoHit;
  #onWrongCount;
  #search = /** @type {HTMLInputElement} */ (byId("search"));
  #list = byId("products");
  #combobox;
  /** @type {string | null} */
  #tag = null;
  #shown = PAGE_SIZE;
  /** @type {Product[]} */
  #hits = [];

  /**
   * @param {{
   *   catalog: import("./catalog.js").Catalog,
   *   onPick: (product: Product, quantity: number) => void,
   *   onNoHit: (text: string) => void,
   *   onWrongCount: () => void,
   * }} options `onWrongCount` is called in place of the others where the search has a count that is none.
   */
  constructor({ catalog, onPick, onNoHit, onWrongCount }) {
    this.#catalog = catalog;
    this.#onPick = onPick;
    this.#onNoHit = onNoHit;
    this.#onWrongCount = onWrongCount;
    this.#combobox = new Combobox({
      input: this.#search,
      list: this.#list,
      onPick: (option) => this.#pick(option),
      onEscape: () => {
        const hadText = this.#search.value !== "";
        if (hadText) this.#reset();
        return hadText;
      },
    });
    this.#search.addEventListener("input", () => this.#showFirstPage());
    byId("product-search").addEventListener("submit", (event) => event.preventDefault());
    catalog.addEventListener("change", () => this.render());
  }

  /** Show placeholders until the catalog has been read. */
  showSkeleton() {
    byId("catalog-note").hidden = true;
    this.#list.setAttribute("aria-busy", "true");
    this.#list.replaceChildren(
      ...Array.from({ length: 8 }, () => el("li", { class: "tile-skeleton", "aria-hidden": "true" })),
    );
  }

  get #query() {
    return parseQuery(this.#search.value, this.#catalog.products);
  }

  /** How many a scan adds: the count that stands alone in the search ("3*"), else 1; null for one that is none. */
  get scanCount() {
    const { quantity, text } = this.#query;
    return quantity === null || text === "" ? quantity : 1;
  }

  /** Empty the search if only a count stands in it. */
  clearCount() {
    if (this.#search.value.trim() && this.#query.text === "") this.#reset();
  }

  render() {
    const { products, isLoaded } = this.#catalog;
    if (!isLoaded) {
      this.#list.replaceChildren();
      this.#combobox.mark(-1);
      this.#showNote(
        "The products cannot be loaded",
        "The shop does not answer. Check the connection, then try again.",
        {
          label: "Try again",
          run: () => {
            this.showSkeleton();
            this.#catalog.load();
          },
        },
      );
      return;
    }
    this.#list.removeAttribute("aria-busy");
    const { quantity, text } = this.#query;
    const tags = tagsOf(products).slice(0, MAX_TAGS);
    if (this.#tag !== null && !tags.includes(this.#tag)) this.#tag = null;
    updateChildren(
      byId("tags"),
      [null, ...tags].map((tag) => this.#renderTag(tag)),
    );
    this.#hits = findProducts(products, text, this.#tag);
    updateChildren(
      this.#list,
      this.#hits
        .slice(0, this.#shown)
        .map((product, index) => this.#renderTile(product, { index, quantity: quantity ?? 1 })),
    );
    this.#combobox.mark(this.#search.value.trim() ? 0 : -1);
    this.#renderNote();
  }

  #renderNote() {
    const more = this.#hits.length - this.#shown;
    if (!this.#catalog.products.length) this.#showNote("No products", "The catalog of the shop is empty.");
    else if (!this.#hits.length) {
      this.#showNote("No product found", "Check the spelling, or show all products.", {
        label: "Show everything",
        run: () => this.#reset(),
      });
    } else if (more > 0) {
      this.#showNote("", `${more} more ${more === 1 ? "product" : "products"}.`, {
        label: "Show more",
        run: () => {
          this.#shown += PAGE_SIZE;
          this.render();
        },
      });
    } else byId("catalog-note").hidden = true;
  }

  /** @param {string | null} tag */
  #renderTag(tag) {
    const choose = () => {
      this.#tag = tag;
      this.#showFirstPage();
    };
    const attributes = { "aria-pressed": String(this.#tag === tag), "data-key": `tag ${tag ?? ""}` };
    return el("button", { type: "button", class: "chip", ...attributes, onclick: choose }, tag ?? "Everything");
  }

  /** @param {Product} product @param {{index: number, quantity: number}} options */
  #renderTile(product, { index, quantity }) {
    return el(
      "li",
      {
        id: `product-option-${index}`,
        class: "tile",
        role: "option",
        tabindex: "0",
        "aria-selected": "false",
        "data-key": product.id,
        "data-product": product.id,
      },
      productImage(product.image, { size: 150 }),
      el("span", { class: "tile-name" }, quantity > 1 ? `${quantity} × ${isolate(product.name)}` : product.name),
      el("span", { class: "tile-price" }, formatMoney(product.cents)),
    );
  }

  /** @param {HTMLElement | null} option */
  #pick(option) {
    const typed = this.#search.value.trim();
    const product = option && this.#catalog.byId.get(option.dataset.product ?? "");
    const { quantity } = this.#query;
    if (quantity === null) this.#onWrongCount();
    else if (product) {
      this.#onPick(product, quantity);
      if (typed) this.#reset();
    } else if (typed) this.#onNoHit(typed);
  }

  #reset() {
    this.#search.value = "";
    this.#tag = null;
    this.#showFirstPage();
  }

  #showFirstPage() {
    this.#shown = PAGE_SIZE;
    this.#list.scrollTop = 0;
    this.render();
  }

  /** @param {string} title @param {string} text @param {{label: string, run: () => void}} [action] */
  #showNote(title, text, action) {
    this.#list.removeAttribute("aria-busy");
    const note = byId("catalog-note");
    note.hidden = false;
    note.replaceChildren(
      ...(title ? [el("b", {}, title)] : []),
      el("p", {}, text),
      ...(action ? [el("button", { type: "button", class: "plain", onclick: action.run }, action.label)] : []),
    );
  }
}
