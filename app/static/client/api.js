/**
 * The shop's public API as pages need it. Every failure is a `ShopError`.
 *
 * Events: "network" when `isOnline` has changed,
 * "signed-out" when a session has run out and cannot be renewed.
 */

import { ShopError } from "./errors.js";
import { HttpClient } from "./http.js";
import { Session } from "./session.js";

const segment = encodeURIComponent;

export class Api extends EventTarget {
  #http = new HttpClient({ onNetwork: (isOnline) => this.setOnline(isOnline) });
  #isOnline = true;

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
    this.retries = retries;
    const post = async (path, json) => (await this.#send(path, { json })).body;
    this.session = new Session(post, { storageKey, storage });
  }

  /** Whether the last call reached the shop. */
  get isOnline() {
    return this.#isOnline;
  }

  /** `{id, name, isStaff}` of the signed-in user, or null. */
  get user() {
    return this.session.user;
  }

  signIn(username, password) {
    return this.session.signIn(username, password);
  }

  signOut() {
    this.session.signOut();
  }

  /** Send nothing from now on. */
  close() {
    this.isClosed = true;
  }

  /** Record whether the shop can be reached; a change dispatches "network". */
  setOnline(isOnline) {
    if (isOnline === this.#isOnline) return;
    this.#isOnline = isOnline;
    this.dispatchEvent(new CustomEvent("network"));
  }

  // ---- catalog

  /** Return all products. */
  async listProducts(request = {}) {
    return (await this.all("/products?limit=500", request)).map(toProduct);
  }

  /** Return a product, or null where the shop has none with this id. */
  async findProduct(id, request = {}) {
    try {
      const { body } = await this.callPublic(`/products/${segment(id)}`, request);
      return toProduct(body.data);
    } catch (failure) {
      if (failure.status === 404) return null;
      throw failure;
    }
  }

  // ---- users

  async getUser(id) {
    return (await this.call(`/users/${segment(id)}`)).body.data;
  }

  listUsers() {
    return this.all("/users?limit=500", { withToken: true });
  }

  /** Add a customer; answers nothing of use: the next step is to sign in. */
  async register(profile) {
    await this.#send("/register", { json: profile });
  }

  // ---- cart

  /** Return somebody's cart as `[{id, quantity}]`: names and prices are the catalog's. */
  async getCart(userId, request = {}) {
    const { body } = await this.call(`/cart/items/${segment(userId)}`, request);
    return body.cart.map(({ itemid, quantity }) => ({ id: itemid, quantity }));
  }

  /** Add to what is there. Not safe to repeat. */
  async addToCart(userId, id, quantity) {
    await this.call(`/cart/item/add/${segment(userId)}`, { json: { itemid: id, quantity } });
  }

  /** Set a quantity; 0 takes the article out. */
  async setQuantity(userId, id, quantity) {
    await this.call(`/cart/item/modify/${segment(userId)}`, { json: { itemid: id, quantity } });
  }

  /** Put these lines in place of whatever is in a cart; safe to repeat. */
  async replaceCart(userId, lines) {
    const cart = lines.map(({ id, quantity }) => ({ itemid: id, quantity }));
    await this.call(`/cart/modify/${segment(userId)}`, { json: { cart } });
  }

  // ---- orders

  /** Place an order; answers `{order_id, payment}`. The same key and order may be repeated. */
  async placeOrder(userId, order, key, request = {}) {
    const path = `/order/add/${segment(userId)}`;
    const { body } = await this.call(path, { ...request, json: order, headers: { "Idempotency-Key": key } });
    if (!body?.order_id || !body.payment) throw new ShopError("shop");
    return body;
  }

  async getOrder(userId, orderId, request = {}) {
    return (await this.call(`/order/${segment(userId)}/${segment(orderId)}`, request)).body;
  }

  /** Return what somebody has placed under a key, or null; for answers that were lost. */
  async findOrder(userId, key, request = {}) {
    const asked = { "Idempotency-Key": key };
    const { body, headers } = await this.call(`/order/${segment(userId)}`, { ...request, headers: asked });
    // A shop of before this header would answer with the newest order, whatever it is.
    if (headers.get("Idempotency-Key") !== key) throw new ShopError("shop");
    return body[0] ?? null;
  }

  /** Return a page of somebody's orders, newest first, as `{orders, next}`. */
  listOrdersOf(userId, next = null, { limit = 100, ...request } = {}) {
    return this.#page(next ?? `/order/${segment(userId)}?limit=${limit}`, request);
  }

  /** Return a page of everybody's orders, newest first, as `{orders, next}`. */
  listOrders(next = null) {
    return this.#page(next ?? "/order/all?limit=100");
  }

  async #page(path, request = {}) {
    const { body, next } = await this.call(path, request);
    return { orders: body, next };
  }

  // ---- the ways to call

  /** Return everything of a list whose pages are `{data}`. */
  async all(path, { withToken = false, ...request } = {}) {
    const found = [];
    for (let next = path; next; ) {
      const page = await (withToken ? this.call(next, request) : this.callPublic(next, request));
      found.push(...page.body.data);
      next = page.next;
    }
    return found;
  }

  /** Call an operation that needs no token, without one: a stale token cannot make it fail. */
  callPublic(path, request = {}) {
    return this.#send(path, request);
  }

  /**
   * Call with a token; one that the shop does not take is renewed once. `allowGuest` calls
   * without one where nobody has signed in, for shops that let guests in.
   */
  async call(path, { allowGuest = false, ...request } = {}) {
    const token = await this.session.token();
    if (!token && allowGuest) return this.#send(path, request);
    try {
      if (token) return await this.#send(path, { ...request, token });
    } catch (failure) {
      if (failure.status !== 401) throw failure;
      const fresh = await this.session.token({ stale: token });
      if (fresh) return this.#send(path, { ...request, token: fresh });
    }
    this.dispatchEvent(new CustomEvent("signed-out"));
    throw new ShopError("sign in", { status: 401 });
  }

  #send(path, request) {
    if (this.isClosed) throw new ShopError("network");
    return this.#http.send(path, { retries: this.retries, ...request });
  }
}

const toProduct = ({ id, name, shortDescription, description, price, imageUrl1, imageUrl2, imageUrl3, tags }) => ({
  id,
  name,
  about: shortDescription,
  description,
  cents: Math.round(price * 100),
  image: imageUrl1,
  images: [imageUrl1, imageUrl2, imageUrl3].filter(Boolean),
  tags,
});
