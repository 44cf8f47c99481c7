/** The catalog as this page knows it: fetched once, again on demand, the source of every price. */

import { isShopError } from "../client/errors.js";

export class Shelves {
  #loading = null;
  #products = null;

  constructor({ api }) {
    this.api = api;
  }

  /** The products that are here already, or null. */
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
    return known ?? this.api.findProduct(id, request);
  }

  /** Return pictures by product id, as far as the catalog can be had: an order stands without. */
  async pictures() {
    try {
      return new Map((await this.load()).map(({ id, image }) => [id, image]));
    } catch (failure) {
      if (!isShopError(failure)) throw failure;
      return new Map();
    }
  }

  /** Return lines of `{id, quantity}` with what the catalog says of them; `cents` 0 if nothing. */
  async describe(lines) {
    const products = new Map((await this.load()).map((product) => [product.id, product]));
    return lines.map((line) => {
      const product = products.get(line.id) ?? null;
      return { ...line, product, cents: product?.cents ?? 0 };
    });
  }
}
