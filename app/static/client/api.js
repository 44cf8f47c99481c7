/** The operations of the shop's public API that pages need. Every failure is a `ShopError`. */

import { ApiClient } from "./api-client.js";
import { isShopError, ShopError } from "./errors.js";

/** @import { Call } from "./api-client.js" */
/** @import { Answer, Request } from "./http.js" */
/** @import { CartLine, NewOrder, Order, OrderAnswer, Product, ShopFacts, UserProfile } from "./types.js" */

/** @typedef {{orders: Order[], next: string|null}} OrderPage */

/**
 * A product as the API answers it.
 * @typedef {object} ProductAnswer
 * @property {string} id
 * @property {string} name
 * @property {string} shortDescription
 * @property {string} description
 * @property {number} price
 * @property {string} imageUrl1
 * @property {string} imageUrl2
 * @property {string} imageUrl3
 * @property {string[]} tags
 * @property {string} [sku]
 * @property {string} [barcode]
 */

const segment = encodeURIComponent;

export class Api extends ApiClient {
  /** @returns {Promise<ShopFacts>} */
  async getShopFacts() {
    /** @type {Answer<ShopFacts>} */
    const { body } = await this.callPublic("/shop");
    return body;
  }

  // ---- catalog

  /** Return all products. @param {Request} [request] @returns {Promise<Product[]>} */
  async listProducts(request = {}) {
    const products = await this.#all((path) => this.callPublic(path, request), "/products?limit=500&include=codes");
    return /** @type {ProductAnswer[]} */ (products).map(toProduct);
  }

  /** Return a product, or null where the shop has none with this id. @param {string} id @param {Request} [request] */
  async findProduct(id, request = {}) {
    try {
      /** @type {Answer<{data: ProductAnswer}>} */
      const { body } = await this.callPublic(`/products/${segment(id)}?include=codes`, request);
      return toProduct(body.data);
    } catch (failure) {
      if (isShopError(failure) && failure.status === 404) return null;
      throw failure;
    }
  }

  // ---- users

  /** @param {string} id @returns {Promise<UserProfile>} */
  async getUser(id) {
    /** @type {Answer<{data: UserProfile}>} */
    const { body } = await this.call(`/users/${segment(id)}`);
    return body.data;
  }

  /** Return all users; only staff may. @returns {Promise<UserProfile[]>} */
  async listUsers() {
    return /** @type {UserProfile[]} */ (await this.#all((path) => this.call(path), "/users?limit=500"));
  }

  /** Add a customer, who then has to sign in. @param {object} profile */
  async register(profile) {
    await this.callPublic("/register", { json: profile });
  }

  // ---- cart

  /** Return a user's cart: names and prices are the catalog's. @param {string} userId @param {Request} [request] @returns {Promise<CartLine[]>} */
  async getCart(userId, request = {}) {
    /** @type {Answer<{cart: {itemid: string, quantity: number}[]}>} */
    const { body } = await this.call(`/cart/items/${segment(userId)}`, request);
    return body.cart.map(({ itemid, quantity }) => ({ id: itemid, quantity }));
  }

  /** Add to what is there; safe to repeat under the same key for an hour. @param {string} userId @param {string} id @param {number} quantity @param {string} key */
  async addToCart(userId, id, quantity, key) {
    const json = { itemid: id, quantity };
    await this.call(`/cart/item/add/${segment(userId)}`, {
      json,
      headers: { "Idempotency-Key": key },
      keepalive: true,
    });
  }

  /** Set a quantity; 0 takes the article out. @param {string} userId @param {string} id @param {number} quantity */
  async setQuantity(userId, id, quantity) {
    await this.call(`/cart/item/modify/${segment(userId)}`, { json: { itemid: id, quantity }, keepalive: true });
  }

  /** Replace a cart by these lines; safe to repeat. @param {string} userId @param {CartLine[]} lines */
  async replaceCart(userId, lines) {
    const cart = lines.map(({ id, quantity }) => ({ itemid: id, quantity }));
    await this.call(`/cart/modify/${segment(userId)}`, { json: { cart } });
  }

  // ---- orders

  /**
   * Place an order. The same key and order may be repeated.
   * @param {string} userId @param {NewOrder} order @param {string} key @param {Call} [request]
   * @returns {Promise<OrderAnswer>}
   */
  async placeOrder(userId, order, key, request = {}) {
    const path = `/order/add/${segment(userId)}`;
    /** @type {Answer<Partial<OrderAnswer>>} */
    const { body } = await this.call(path, { ...request, json: order, headers: { "Idempotency-Key": key } });
    const { order_id, payment } = body;
    if (!order_id || !payment) throw new ShopError("shop");
    return { order_id, payment };
  }

  /** @param {string} userId @param {string} orderId @param {Call} [request] @returns {Promise<Order>} */
  async getOrder(userId, orderId, request = {}) {
    /** @type {Answer<Order>} */
    const { body } = await this.call(`/order/${segment(userId)}/${segment(orderId)}`, request);
    return body;
  }

  /**
   * Return the order that was placed under a key, or null; for answers that were lost.
   * @param {string} userId @param {string} key @param {Call} [request] @returns {Promise<Order|null>}
   */
  async findOrder(userId, key, request = {}) {
    const path = `/order/${segment(userId)}`;
    /** @type {Answer<Order[]>} */
    const { body, headers } = await this.call(path, { ...request, headers: { "Idempotency-Key": key } });
    // A shop of before this header would answer with the newest order, whatever it is.
    if (headers.get("Idempotency-Key") !== key) throw new ShopError("shop");
    return body[0] ?? null;
  }

  /**
   * Return a page of a user's orders, newest first.
   * @param {string} userId @param {string|null} [next] @param {Call & {limit?: number}} [request]
   * @returns {Promise<OrderPage>}
   */
  listOrdersOf(userId, next = null, { limit = 100, ...request } = {}) {
    return this.#orderPage(next ?? `/order/${segment(userId)}?limit=${limit}`, request);
  }

  /**
   * Return a page of all users' orders, newest first; only staff may.
   * @param {string|null} [next] @param {number|null} [before] Only orders placed before then, in milliseconds.
   * @returns {Promise<OrderPage>}
   */
  listOrders(next = null, before = null) {
    const query = new URLSearchParams({ limit: "200", ...(before && { before: new Date(before).toISOString() }) });
    return this.#orderPage(next ?? `/order/all?${query}`);
  }

  /** @param {string} path @param {Call} [request] @returns {Promise<OrderPage>} */
  async #orderPage(path, request = {}) {
    /** @type {Answer<Order[]>} */
    const { body, next } = await this.call(path, request);
    return { orders: body, next };
  }

  /** Return everything of a list whose pages are `{data}`. @param {(path: string) => Promise<Answer>} read @param {string} path */
  async #all(read, path) {
    /** @type {unknown[]} */
    const found = [];
    for (let next = /** @type {string|null} */ (path); next; ) {
      const page = await read(next);
      found.push(.../** @type {{data: unknown[]}} */ (page.body).data);
      next = page.next;
    }
    return found;
  }
}

/** Return a product in the pages' form: prices in cents, pictures as a list. @param {ProductAnswer} answer @returns {Product} */
const toProduct = ({ shortDescription, price, imageUrl1, imageUrl2, imageUrl3, sku = "", barcode = "", ...same }) => ({
  ...same,
  about: shortDescription,
  cents: Math.round(price * 100),
  image: imageUrl1,
  images: [imageUrl1, imageUrl2, imageUrl3].filter(Boolean),
  sku,
  barcode,
});
