/** The catalog: fetched once, again on demand; every price comes from here. */

import { isShopError } from "../client/errors.js";

/** @import { Api } from "../client/api.js" */
/** @import { Request } from "../client/http.js" */
/** @import { CartLine, Product } from "../client/types.js" */
/** @import { DescribedLine } from "./context.js" */

export class Catalog {
  #api;
  /** @type {Promise<Product[]>|null} */
  #loading = null;
  /** @type {Product[]|null} */
  #products = null;

  /** @param {{api: Api}} options */
  constructor({ api }) {
    this.#api = api;
  }

  /** The products if they have been fetched, or null. */
  get products() {
    return this.#products;
  }

  /** Return all products; calls at the same time share one fetch. @returns {Promise<Product[]>} */
  load({ isFresh = false } = {}) {
    if (isFresh) this.#loading = null;
    this.#loading ??= this.#api.listProducts().then(
      (products) => (this.#products = products),
      (failure) => {
        this.#loading = null;
        throw failure;
      },
    );
    return this.#loading;
  }

  /** Return one product, or null where the shop has none with this id. @param {string} id @param {Request} [request] */
  async find(id, request) {
    const known = this.#products?.find((product) => product.id === id);
    return known ?? (await this.#api.findProduct(id, request));
  }

  /** Return pictures by product id; empty where the catalog cannot be fetched. @returns {Promise<Map<string, string>>} */
  async imagesById() {
    try {
      return new Map((await this.load()).map(({ id, image }) => [id, image]));
    } catch (failure) {
      if (!isShopError(failure)) throw failure;
      return new Map();
    }
  }

  /**
   * Return lines with their `product` and `cents`; null and 0 if it is no longer sold.
   * @param {CartLine[]} lines @returns {Promise<DescribedLine[]>}
   */
  async describe(lines) {
    const products = new Map((await this.load()).map((product) => [product.id, product]));
    return lines.map((line) => {
      const product = products.get(line.id) ?? null;
      return { ...line, product, cents: product?.cents ?? 0 };
    });
  }
}
