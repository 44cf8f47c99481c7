/**
 * Calls to the shop with the token of who is signed in, and whether the shop can be reached. Every
 * failure is a `ShopError`.
 *
 * Events: "network" when `isOnline` has changed, "mode" when `isOpen` has,
 * "signed-out" when a session has run out and cannot be renewed.
 */

import { backoffMs } from "./backoff.js";
import { isShopError, isUnanswered, ShopError } from "./errors.js";
import { HttpClient } from "./http.js";
import { Session } from "./session.js";
import { FallbackStorage } from "./storage.js";

/** @import { Answer, Request } from "./http.js" */
/** @import { TokenAnswer } from "./session.js" */

/** What pages say while `isOpen`. */
export const OPEN_MODE =
  "Open mode: no tokens are checked, so every visitor can read and change everything. For tests only.";

/** @typedef {Request & {allowGuest?: boolean}} Call A request; `allowGuest` sends it without a token while no user is signed in. */

export class ApiClient extends EventTarget {
  #http = new HttpClient({
    onNetwork: (isOnline) => this.setOnline(isOnline),
    onAnswer: (headers) => this.#setOpen(headers.get("X-Auth-Mode") === "open"),
  });
  #isOnline = true;
  #retries;
  #storage;
  #endingKey;
  #isEnding = false;
  #endingTimer = 0;

  /** Whether the shop accepts requests without a token (`AUTH_MODE=0`). */
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
    this.#storage = new FallbackStorage(storage);
    this.#endingKey = `${storageKey}.ending`;
    this.#sendLogouts();
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

  /**
   * Let the shop end the session of a token, which may have run out. It is asked again until it has
   * answered, after a reload too, and by other pages that see the same storage.
   * @param {string|null} token
   */
  endSession(token) {
    if (!token) return;
    this.#ending = [...this.#ending, token];
    this.#sendLogouts();
  }

  /** Tokens whose sessions the shop has not said to have ended, as they are stored. @returns {string[]} */
  get #ending() {
    const kept = this.#storage.read(this.#endingKey);
    return Array.isArray(kept) ? kept : [];
  }

  set #ending(tokens) {
    this.#storage.write(this.#endingKey, tokens.length > 0 ? tokens : null);
  }

  async #sendLogouts(attempt = 0) {
    if (this.#isEnding) return;
    this.#isEnding = true;
    clearTimeout(this.#endingTimer);
    let retryAfterMs = 0;
    for (const token of this.#ending) {
      try {
        await this.#send("/logout", { method: "POST", token });
      } catch (failure) {
        if (!isShopError(failure)) throw failure;
        retryAfterMs = Math.max(retryAfterMs, failure.retryAfterMs);
        if (isUnanswered(failure)) continue;
      }
      this.#ending = this.#ending.filter((other) => other !== token);
    }
    this.#isEnding = false;
    if (this.#ending.length === 0 || this.isClosed) return;
    this.#endingTimer = setTimeout(() => this.#sendLogouts(attempt + 1), backoffMs(attempt, retryAfterMs));
  }

  /** Send nothing from now on. */
  close() {
    this.isClosed = true;
  }

  /** Record whether the shop can be reached; a change dispatches "network". @param {boolean} isOnline */
  setOnline(isOnline) {
    if (isOnline === this.#isOnline) return;
    this.#isOnline = isOnline;
    if (isOnline) this.#sendLogouts();
    this.dispatchEvent(new CustomEvent("network"));
  }

  /** @param {boolean} isOpen */
  #setOpen(isOpen) {
    if (isOpen === this.isOpen) return;
    this.isOpen = isOpen;
    this.dispatchEvent(new CustomEvent("mode"));
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
    // Without a network the shop cannot renew a token: this is no session that has run out.
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
