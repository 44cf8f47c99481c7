/** The catalog: fetched once, again on demand; every price comes from here. */

import { isShopError } from "../client/errors.js";

export class Catalog {
  #loading = null;
  #products = null;

  constructor({ api }) {
    this.api = api;
  }

  /** The products if they have been fetched, or null. */
  get products() {
    return this.#products;
  }

  /** Return all products; calls at the same time share one fetch. */
  load({ isFresh = false } = {}) {
    if (isFresh) this.#loading = null;
    this.#loading ??= this.api.listProducts().then(
      (products) => (this.#products = products),
      (failure) => {
        this.#loading = null;
        throw failure;
      },
    );
    return this.#loading;
  }

  /** Return one product, or null where the shop has none with this id. */
  async find(id, request) {
    const known = this.#products?.find((product) => product.id === id);
    return known ?? (await this.api.findProduct(id, request));
  }

  /** Return pictures by product id; empty where the catalog cannot be fetched. */
  async imagesById() {
    try {
      return new Map((await this.load()).map(({ id, image }) => [id, image]));
    } catch (failure) {
      if (!isShopError(failure)) throw failure;
      return new Map();
    }
  }

  /** Return lines of `{id, quantity}` with their `product` and `cents`; null and 0 if it is no longer sold. */
  async describe(lines) {
    const products = new Map((await this.load()).map((product) => [product.id, product]));
    return lines.map((line) => {
      const product = products.get(line.id) ?? null;
      return { ...line, product, cents: product?.cents ?? 0 };
    });
  }
}
