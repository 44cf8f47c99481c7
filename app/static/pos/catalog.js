/** The products of the shop, as this till knows them. */

import { isShopError } from "../client/errors.js";
import { codesOf, normalizeCode } from "./barcode.js";
import { keepCatalog, keptCatalog } from "./catalog-storage.js";

/** @typedef {import("../client/types.js").Product} Product */

/** How often the catalog is read again: products and prices change while the till is open. */
const REFRESH_MS = 60_000;

/** Dispatches "change" when products have changed or could not be read for the first time. */
export class Catalog extends EventTarget {
  #shop;
  #byCode = new Map();

  /** @type {Product[]} */
  products = [];

  /** Products by their id. @type {Map<string, Product>} */
  byId = new Map();

  isLoaded = false;

  /** When the products on screen were read, if the shop has not been asked since the page was opened; else null. @type {number | null} */
  keptSince = null;

  /** @param {{shop: import("../client/api.js").Api}} options */
  constructor({ shop }) {
    super();
    this.#shop = shop;
  }

  /** Return the product with a code, in any case and with any punctuation; null for none. @param {string} code */
  find(code) {
    return /** @type {Product | null} */ (this.byId.get(code.trim()) ?? this.#byCode.get(normalizeCode(code)) ?? null);
  }

  /** Add a product that was not there when the catalog was read. @param {Product} product */
  add(product) {
    if (!this.byId.has(product.id)) this.#set([...this.products, product]);
  }

  /** Read the catalog; what is known, or was kept of an earlier visit, stays when the shop does not answer. */
  async load() {
    if (!this.isLoaded) await this.#recall();
    try {
      const products = await this.#shop.listProducts();
      const isSame = this.isLoaded && JSON.stringify(products) === JSON.stringify(this.products);
      const wasKept = this.keptSince !== null;
      this.isLoaded = true;
      this.keptSince = null;
      if (!isSame || wasKept) this.#set(products);
      keepCatalog(products, Date.now());
    } catch (failure) {
      if (!isShopError(failure)) throw failure;
      if (!this.isLoaded) this.dispatchEvent(new Event("change"));
    }
  }

  /** Read the catalog again every minute while `isWanted` says so. @param {() => boolean} isWanted */
  refreshRegularly(isWanted) {
    setInterval(() => isWanted() && this.load(), REFRESH_MS);
  }

  async #recall() {
    const kept = await keptCatalog();
    if (!kept || this.isLoaded) return;
    this.isLoaded = true;
    this.keptSince = kept.readAt;
    this.#set(kept.products);
  }

  /** @param {Product[]} products */
  #set(products) {
    this.products = products;
    this.byId = new Map(products.map((product) => [product.id, product]));
    // The oldest product with a code is the one that is found.
    this.#byCode = new Map(
      [...products].reverse().flatMap((product) => codesOf(product).map((code) => [code, product])),
    );
    this.dispatchEvent(new Event("change"));
  }
}
