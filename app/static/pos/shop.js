/**
 * The shop's API as the till needs it. Every failure is a `ShopError` that says what a sale
 * has to know: whether the shop has read the request and refused it for good (`isFinal`), or
 * whether nobody knows if it arrived.
 */

import { Session } from "./session.js";

/** A gateway in front of the shop gives up after 30 seconds; a person does earlier. */
const PATIENCE_MS = 20_000;

export class ShopError extends Error {
  name = "ShopError";

  /** `kind`: "network" (no answer), "shop" (5xx), "sign in" (401, 403), "refused" (4xx). */
  constructor(kind, { status = 0, message = "", retryAfterMs = 0 } = {}) {
    super(message || kind);
    Object.assign(this, { kind, status, retryAfterMs, isFinal: kind === "refused" });
  }
}

export class Shop extends EventTarget {
  #session = new Session(async (path, json) => (await this.#send(path, { json })).body);
  #isUp = true;

  /** Whether this page has given the till to another one. */
  isDown = false;

  /** Whether the last call reached the shop. */
  get isUp() {
    return this.#isUp;
  }

  get staff() {
    return this.#session.person;
  }

  async signIn(username, password) {
    await this.#session.signIn(username, password);
  }

  /** Learn the name of whoever has signed in; the token only knows how they log in. */
  async learnName() {
    const { staff } = this;
    const { data } = (await this.#call(`/users/${encodeURIComponent(staff.id)}`)).body;
    staff.name = `${data.firstname} ${data.lastname}`.trim() || staff.name;
  }

  signOut() {
    this.#session.signOut();
  }

  /** Send nothing any more. */
  hangUp() {
    this.isDown = true;
  }

  /** Take note of whether the shop can be reached; tells whoever listens when that changes. */
  reportNetwork(isUp) {
    if (isUp === this.#isUp) return;
    this.#isUp = isUp;
    this.dispatchEvent(new CustomEvent("network"));
  }

  /** Place an order; answers `{order_id, payment}`. The same key and order may be repeated. */
  async placeOrder(userId, order, key) {
    const path = `/order/add/${encodeURIComponent(userId)}`;
    const { body } = await this.#call(path, { json: order, headers: { "Idempotency-Key": key } });
    if (!body?.order_id || !body.payment) throw new ShopError("shop");
    return body;
  }

  async getOrder(userId, orderId) {
    const path = `/order/${encodeURIComponent(userId)}/${encodeURIComponent(orderId)}`;
    return (await this.#call(path)).body;
  }

  /** Return a page of somebody's orders, newest first, as `{orders, next}`. */
  listOrdersOf(userId, next = null) {
    return this.#page(next ?? `/order/${encodeURIComponent(userId)}?limit=100`);
  }

  /** Return a page of everybody's orders, newest first, as `{orders, next}`. */
  listOrders(next = null) {
    return this.#page(next ?? "/order/all?limit=100");
  }

  listUsers() {
    return this.#all("/users?limit=500");
  }

  async listProducts() {
    return (await this.#all("/products?limit=500")).map(toProduct);
  }

  /** Return a product, or null where the shop has none with this id. */
  async findProduct(id) {
    try {
      return toProduct((await this.#call(`/products/${encodeURIComponent(id)}`)).body.data);
    } catch (failure) {
      if (failure.status === 404) return null;
      throw failure;
    }
  }

  async #page(path) {
    const { body, next } = await this.#call(path);
    return { orders: body, next };
  }

  async #all(path) {
    const found = [];
    for (let next = path; next; ) {
      const page = await this.#call(next);
      found.push(...page.body.data);
      next = page.next;
    }
    return found;
  }

  /** Call with a token; one that the shop does not take is renewed once. */
  async #call(path, request = {}) {
    const token = await this.#session.token();
    try {
      if (token) return await this.#send(path, { ...request, token });
    } catch (failure) {
      if (failure.status !== 401) throw failure;
      const fresh = await this.#session.token({ isStale: true });
      if (fresh) return this.#send(path, { ...request, token: fresh });
    }
    this.dispatchEvent(new CustomEvent("signed-out"));
    throw new ShopError("sign in", { status: 401 });
  }

  async #send(path, { json, token, headers = {} }) {
    if (this.isDown) throw new ShopError("network");
    const { response, body } = await this.#fetch(path, {
      method: json ? "POST" : "GET",
      body: json && JSON.stringify(json),
      headers: {
        ...headers,
        ...(json && { "Content-Type": "application/json" }),
        ...(token && { Authorization: `Bearer ${token}` }),
      },
    });
    const { ok, status } = response;
    if (ok && body !== null) return { body, next: nextOf(response) };
    if (ok) throw new ShopError("shop", { status });
    const { message = "" } = body ?? {};
    const retryAfterMs = 1000 * (Number(response.headers.get("Retry-After")) || 0);
    throw new ShopError(kindOf(status), { status, message, retryAfterMs });
  }

  async #fetch(path, request) {
    try {
      const signal = AbortSignal.timeout(PATIENCE_MS);
      const response = await fetch(path, { ...request, signal, credentials: "omit" });
      const text = await response.text();
      this.reportNetwork(true);
      return { response, body: parsed(text) };
    } catch {
      // An answer that broke off is none: the request may have done its work, or not.
      this.reportNetwork(false);
      throw new ShopError("network");
    }
  }
}

/** 408 and 429 ask for a repeat; 401 and 403 for somebody else at the till. */
function kindOf(status) {
  if (status === 401 || status === 403) return "sign in";
  return status >= 500 || status === 408 || status === 429 ? "shop" : "refused";
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null; // A gateway's page instead of the shop's answer.
  }
}

/** Return where a list goes on (RFC 8288), or null. */
const nextOf = (response) =>
  /<([^>]+)>;\s*rel="next"/.exec(response.headers.get("Link") ?? "")?.[1] ?? null;

const toProduct = ({ id, name, shortDescription, price, imageUrl1, tags }) => ({
  id,
  name,
  about: shortDescription,
  cents: Math.round(price * 100),
  image: imageUrl1,
  tags,
});
