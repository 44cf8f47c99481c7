/**
 * The shop's public API as pages need it. Every failure is a `ShopError`.
 *
 * Events: "network" when `isOnline` has changed, "mode" when `isOpen` has,
 * "signed-out" when a session has run out and cannot be renewed.
 */

import { isShopError, ShopError } from "./errors.js";
import { HttpClient } from "./http.js";
import { toProduct } from "./product.js";
import { Session } from "./session.js";

/** @import { Answer, Request } from "./http.js" */
/** @import { ProductAnswer } from "./product.js" */
/** @import { TokenAnswer } from "./session.js" */
/** @import { CartLine, NewOrder, Order, OrderAnswer, Product, ShopFacts, UserProfile } from "./types.js" */

/** @typedef {{orders: Order[], next: string|null}} OrderPage */
/** @typedef {Request & {allowGuest?: boolean}} Call A request; `allowGuest` sends it without a token while no user is signed in. */

const segment = encodeURIComponent;

export class Api extends EventTarget {
  #http = new HttpClient({
    onNetwork: (isOnline) => this.setOnline(isOnline),
    onAnswer: (headers) => this.#setOpen(headers.get("X-Auth-Mode") === "open"),
  });
  #isOnline = true;
  #retries;
  /** Tokens whose sessions the shop has not ended yet, because it could not be reached. @type {Set<string>} */
  #ending = new Set();

  /** Whether the shop lets everyone in without a token (`AUTH_MODE=0`). */
  isOpen = false;

  /** Whether `close` was called: every call then fails as if there were no network. */
  isClosed = false;

  /**
   * @param {object} options
   * @param {string} options.storageKey Under which key the tokens are stored.
   * @param {() => Storage} options.storage Where they are stored.
   * @param {number} [options.retries] How often a read is repeated before it fails.
   */
  constructor({ storageKey, storage, retries = 0 }) {
    super();
    this.#retries = retries;
    /** @type {(path: string, json: object, more?: object) => Promise<any>} */
    const post = async (path, json, more) => (await this.#send(path, { json, ...more })).body;
    this.session = new Session(post, { storageKey, storage });
  }

  /** Whether the last call reached the shop. */
  get isOnline() {
    return this.#isOnline;
  }

  /** The signed-in user, or null. */
  get user() {
    return this.session.user;
  }

  /** Sign in; a session that was open ends. @param {string} username @param {string} password */
  async signIn(username, password) {
    this.endSession(await this.session.signIn(username, password));
  }

  /** Sign in once more as the same user. @param {string} password */
  signInAgain(password) {
    return this.signIn(this.user?.name ?? "", password);
  }

  /** Forget the tokens, and let the shop end their session; without a network when it is back. */
  signOut() {
    this.endSession(this.session.signOut());
  }

  /** Let the shop end the session of a token, which may have run out. @param {string|null} token */
  async endSession(token) {
    if (!token) return;
    this.#ending.add(token);
    try {
      await this.#send("/logout", { method: "POST", token });
      this.#ending.delete(token);
    } catch (failure) {
      if (!isShopError(failure)) throw failure;
      if (failure.kind !== "network") this.#ending.delete(token);
    }
  }

  /** Send nothing from now on. */
  close() {
    this.isClosed = true;
  }

  /** Record whether the shop can be reached; a change dispatches "network". @param {boolean} isOnline */
  setOnline(isOnline) {
    if (isOnline === this.#isOnline) return;
    this.#isOnline = isOnline;
    if (isOnline) for (const token of this.#ending) this.endSession(token);
    this.dispatchEvent(new CustomEvent("network"));
  }

  /** @param {boolean} isOpen */
  #setOpen(isOpen) {
    if (isOpen === this.isOpen) return;
    this.isOpen = isOpen;
    this.dispatchEvent(new CustomEvent("mode"));
  }

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
    await this.#send("/register", { json: profile });
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
    await this.call(`/cart/item/add/${segment(userId)}`, { json, headers: { "Idempotency-Key": key } });
  }

  /** Set a quantity; 0 takes the article out. @param {string} userId @param {string} id @param {number} quantity */
  async setQuantity(userId, id, quantity) {
    await this.call(`/cart/item/modify/${segment(userId)}`, { json: { itemid: id, quantity } });
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

  // ---- the ways to call

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

  /**
   * Call an operation that needs no token, without one: a stale token cannot make it fail.
   * @template [Body=unknown] @param {string} path @param {Request} [request] @returns {Promise<Answer<Body>>}
   */
  callPublic(path, request = {}) {
    return this.#send(path, request);
  }

  /**
   * Call with a token; one that the shop does not take is renewed once.
   * @template [Body=unknown] @param {string} path @param {Call} [request] @returns {Promise<Answer<Body>>}
   */
  async call(path, { allowGuest = false, ...request } = {}) {
    const token = await this.session.token();
    if (!token && allowGuest) return this.#send(path, request);
    // Without a network nobody can sign in: this is no session that has run out.
    if (!token && !this.#isOnline) throw new ShopError("network");
    try {
      if (token) return await this.#send(path, { ...request, token });
    } catch (failure) {
      if (!isShopError(failure) || failure.status !== 401) throw failure;
      const fresh = await this.session.token({ stale: token });
      if (fresh) return await this.#sendWithNewToken(path, { ...request, token: fresh });
    }
    this.dispatchEvent(new CustomEvent("signed-out"));
    throw new ShopError("sign in", { status: 401 });
  }

  /**
   * A session whose new token the shop refuses as well is of no use: it ends, instead of being renewed for ever.
   * @template Body @param {string} path @param {Request} request @returns {Promise<Answer<Body>>}
   */
  async #sendWithNewToken(path, request) {
    try {
      return await this.#send(path, request);
    } catch (failure) {
      if (isShopError(failure) && failure.status === 401) {
        this.session.signOut();
        this.dispatchEvent(new CustomEvent("signed-out"));
      }
      throw failure;
    }
  }

  /** @template Body @param {string} path @param {Request} request @returns {Promise<Answer<Body>>} */
  async #send(path, request) {
    if (this.isClosed) throw new ShopError("network");
    return await this.#http.send(path, { retries: this.#retries, ...request });
  }
}
