/**
 * Who is signed in. Tokens are stored where the page says: a till's in `sessionStorage`, which
 * ends with the tab, a shopper's in `localStorage`, which all tabs share.
 */

import { isShopError } from "./errors.js";
import { JsonStorage } from "./storage.js";

/** @import { User } from "./types.js" */

/** An access token that ends this soon is renewed before it is used. */
const MARGIN_MS = 60_000;

/** @typedef {{access: string, refresh: string}} Tokens */
/** @typedef {{access_token: string, refresh_token: string}} TokenAnswer */
/** @typedef {{sub: string, Username: string, role?: string, exp: number}} Claims */

/** Return the claims of an access token; the shop, not the page, checks its signature. @param {string} token @returns {Claims} */
function claimsOf(token) {
  const part = (token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
  const bytes = Uint8Array.from(atob(part), (letter) => letter.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}

/** @param {TokenAnswer} answer @returns {Tokens} */
const tokensOf = (answer) => ({ access: answer.access_token, refresh: answer.refresh_token });

export class Session {
  /** @type {Tokens|null} */
  #tokens = null;
  /** @type {Promise<void>|null} */
  #renewing = null;
  #post;
  #storage;
  #storageKey;

  /** The signed-in user, or null. @type {User|null} */
  user = null;

  /**
   * @param {(path: string, json: object, more?: {credentials?: RequestCredentials}) => Promise<TokenAnswer>} post
   *   Returns the parsed body, or throws a `ShopError`.
   * @param {{storageKey: string, storage: () => Storage}} options Under which key, and where.
   */
  constructor(post, { storageKey, storage }) {
    this.#post = post;
    this.#storageKey = storageKey;
    this.#storage = new JsonStorage(storage);
    this.reload();
  }

  /** Take over what is stored, for example after another tab has signed in or out. */
  reload() {
    try {
      this.#take(/** @type {Tokens|null} */ (this.#storage.read(this.#storageKey)), { isStored: true });
    } catch {
      // Not what this page has stored: it is read as signed out.
      this.#take(null, { isStored: true });
    }
  }

  /**
   * Sign in; a refusal throws and leaves everything as it was. Returns the access token of the session
   * before, or null.
   * @param {string} username @param {string} password
   */
  async signIn(username, password) {
    // With the device's cookie, which keeps strangers who guess from slowing this device down.
    const login = { username, password, cookies: false };
    const tokens = tokensOf(await this.#post("/login", login, { credentials: "same-origin" }));
    const before = this.#tokens?.access ?? null;
    this.#take(tokens);
    return before;
  }

  /** Forget the tokens; returns the access token there was, or null. */
  signOut() {
    const token = this.#tokens?.access ?? null;
    this.#take(null);
    return token;
  }

  /**
   * Return a token that is good for a call, renewed if it has to be; null when signed out.
   * `stale` is a token that the shop has just refused; one that was renewed in the meantime is
   * returned as it is.
   * @param {{stale?: string|null}} [options] @returns {Promise<string|null>}
   */
  async token({ stale = null } = {}) {
    if (!this.#tokens) return null;
    const { access } = this.#tokens;
    const endsAt = claimsOf(access).exp * 1000;
    if (access === stale || endsAt - Date.now() < MARGIN_MS) {
      // Calls at the same time share one renewal.
      this.#renewing ??= this.#renew(this.#tokens).finally(() => {
        this.#renewing = null;
      });
      await this.#renewing;
    }
    return this.#tokens?.access ?? null;
  }

  /** @param {Tokens} before */
  async #renew(before) {
    try {
      const answer = await this.#post("/refresh-token", { refresh_token: before.refresh });
      // A user who signed out meanwhile stays out.
      if (this.#tokens === before) this.#take(tokensOf(answer));
    } catch (failure) {
      const isOver = isShopError(failure) && (failure.kind === "sign in" || failure.kind === "refused");
      if (!isOver) throw failure;
      if (this.#tokens === before) this.#take(null);
    }
  }

  /** @param {Tokens|null} tokens @param {{isStored?: boolean}} [options] */
  #take(tokens, { isStored = false } = {}) {
    const claims = tokens && claimsOf(tokens.access);
    this.#tokens = tokens;
    this.user = claims && { id: claims.sub, name: claims.Username, isStaff: claims.role === "staff" };
    // Where nothing can be stored, the user signs in again after a reload.
    if (!isStored) this.#storage.write(this.#storageKey, tokens);
  }
}
