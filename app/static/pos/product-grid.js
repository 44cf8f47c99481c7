/** The shelves: search, tags, and products as big buttons. */

import { byId, el, updateChildren } from "../client/dom.js";
import { isShopError } from "../client/errors.js";
import { formatMoney } from "../client/money.js";
import { findProducts, tagsOf } from "../client/search.js";

/** More tiles than this are no help; another letter is. */
const MAX_SHOWN = 60;
const MAX_TAGS = 14;

/** Return `{quantity, text}`: "3*bottle" asks for three, "bottle" for one. */
function readQuery(typed) {
  const found = /^\s*(\d{1,3})\s*[*×x]\s*(.*)$/i.exec(typed);
  if (!found || Number(found[1]) === 0) return { quantity: 1, text: typed.trim() };
  return { quantity: Number(found[1]), text: found[2].trim() };
}

const noPicture = () => el("span", { class: "no-picture", "aria-hidden": "true" }, "?");

/** Return a product's picture; one that does not come, or that no page may load, is a blank. */
function pictureOf({ image }) {
  if (!image) return noPicture();
  const attributes = { src: image, alt: "", width: "150", height: "150", loading: "lazy", decoding: "async" };
  return el("img", { ...attributes, onerror: ({ target }) => target.replaceWith(noPicture()) });
}

export class ProductGrid {
  #products = [];
  #tag = null;
  #highlighted = 0;
  #hits = [];

  /** Products by their id, as the till knows them now. */
  byId = new Map();
  isLoaded = false;

  constructor({ shop, add, showError }) {
    Object.assign(this, { shop, add, showError });
    byId("search").addEventListener("input", () => {
      this.#highlighted = 0;
      this.render();
    });
    byId("search").addEventListener("keydown", (event) => this.#onKey(event));
    byId("product-search").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#addHighlighted();
    });
  }

  product(id) {
    return this.byId.get(id.trim().toLowerCase()) ?? this.byId.get(id.trim()) ?? null;
  }

  /** Take in a product that was not there when the catalog was read. */
  addProduct(product) {
    if (this.byId.has(product.id)) return;
    this.byId.set(product.id, product);
    this.#products.push(product);
    this.render();
  }

  /** Read the catalog; what is on screen stays when the shop does not answer. */
  async load() {
    if (!this.isLoaded) this.#skeleton();
    try {
      this.#products = await this.shop.listProducts();
      this.byId = new Map(this.#products.map((product) => [product.id, product]));
      this.isLoaded = true;
    } catch (failure) {
      if (!isShopError(failure)) throw failure;
      if (!this.isLoaded) {
        this.#note("The shelves cannot be reached", "The shop does not answer. Deep breath, then once more.", () => this.load());
        byId("products").replaceChildren();
      }
      return;
    }
    this.render();
  }

  render() {
    const { quantity, text } = readQuery(byId("search").value);
    const tags = tagsOf(this.#products).slice(0, MAX_TAGS);
    if (this.#tag !== null && !tags.includes(this.#tag)) this.#tag = null;
    updateChildren(byId("tags"), [null, ...tags].map((tag) => this.#chip(tag)));
    this.#hits = findProducts(this.#products, text, this.#tag);
    this.#highlighted = Math.min(this.#highlighted, Math.max(this.#hits.length - 1, 0));
    const isTyping = byId("search").value.trim() !== "";
    updateChildren(
      byId("products"),
      this.#hits.slice(0, MAX_SHOWN).map((product, index) =>
        this.#tile(product, { isHighlighted: isTyping && index === this.#highlighted, quantity }),
      ),
    );
    if (!this.#products.length) this.#note("Empty shelves", "Nothing in the catalog yet. A light workout for the till.");
    else if (!this.#hits.length) this.#note("Nothing by that name", "We looked behind the yoga mats, too.", () => this.#reset(), "Show everything");
    else if (this.#hits.length > MAX_SHOWN) this.#note("", `${this.#hits.length - MAX_SHOWN} more. Another letter will thin them out.`);
    else byId("catalog-note").hidden = true;
  }

  #chip(tag) {
    const choose = () => {
      this.#tag = tag;
      this.#highlighted = 0;
      this.render();
    };
    return el(
      "button",
      { type: "button", class: "chip", "aria-pressed": String(this.#tag === tag), "data-key": `tag ${tag ?? ""}`, onclick: choose },
      tag ?? "Everything",
    );
  }

  #tile(product, { isHighlighted, quantity }) {
    const add = () => {
      this.add(product, readQuery(byId("search").value).quantity);
      if (byId("search").value) this.#reset();
    };
    return el(
      "li",
      {},
      el(
        "button",
        {
          type: "button",
          class: isHighlighted ? "tile highlighted" : "tile",
          "data-key": product.id,
          "data-product": product.id,
          onclick: add,
        },
        pictureOf(product),
        el("span", { class: "tile-name" }, isHighlighted && quantity > 1 ? `${quantity} × ${product.name}` : product.name),
        el("span", { class: "tile-price" }, formatMoney(product.cents)),
      ),
    );
  }

  #onKey(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && this.#hits.length) {
      event.preventDefault();
      const count = Math.min(this.#hits.length, MAX_SHOWN);
      this.#highlighted = (this.#highlighted + step + count) % count;
      this.render();
      byId("products").children[this.#highlighted]?.scrollIntoView({ block: "nearest" });
    }
    if (event.key === "Escape" && byId("search").value) {
      event.stopPropagation();
      this.#reset();
    }
  }

  #addHighlighted() {
    const { quantity } = readQuery(byId("search").value);
    const product = byId("search").value.trim() && this.#hits[this.#highlighted];
    if (product) {
      this.add(product, quantity);
      this.#reset();
    } else if (byId("search").value.trim()) {
      this.showError("Nothing by that name.");
    }
  }

  #reset() {
    byId("search").value = "";
    this.#tag = null;
    this.#highlighted = 0;
    this.render();
  }

  #skeleton() {
    byId("catalog-note").hidden = true;
    byId("products").setAttribute("aria-busy", "true");
    byId("products").replaceChildren(...Array.from({ length: 8 }, () => el("li", { class: "tile-skeleton", "aria-hidden": "true" })));
  }

  #note(title, text, retry = null, action = "Try again") {
    byId("products").removeAttribute("aria-busy");
    const note = byId("catalog-note");
    note.hidden = false;
    note.replaceChildren(
      ...(title ? [el("b", {}, title)] : []),
      el("p", {}, text),
      ...(retry ? [el("button", { type: "button", class: "plain", onclick: retry }, action)] : []),
    );
  }
}
