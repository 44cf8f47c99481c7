/**
 * Who is signed in. Tokens are stored where the page says: a till's in `sessionStorage`, which
 * ends with the tab, a shopper's in `localStorage`, which all tabs share.
 */

import { JsonStorage } from "./storage.js";

/** An access token that ends this soon is renewed before it is used. */
const MARGIN_MS = 60_000;

const claimsOf = (token) => {
  const part = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
  const bytes = Uint8Array.from(atob(part), (letter) => letter.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
};

export class Session {
  #tokens = null;
  #renewing = null;

  /** `{id, name, isStaff}` of the signed-in user, or null. */
  user = null;

  /**
   * @param {(path: string, json: object) => Promise<any>} post Answers the parsed body, or
   *   throws a `ShopError`.
   * @param {{storageKey: string, storage: () => Storage}} options Under which key, and where.
   */
  constructor(post, { storageKey, storage }) {
    Object.assign(this, { post, storageKey, storage: new JsonStorage(storage) });
    this.reload();
  }

  /** Take over what is stored, for example after another tab has signed in or out. */
  reload() {
    try {
      this.#take(this.storage.read(this.storageKey), { isStored: true });
    } catch {
      this.#take(null, { isStored: true });
    }
  }

  /** Sign in; a refusal throws and leaves everything as it was. */
  async signIn(username, password) {
    const answer = await this.post("/login", { username, password });
    this.#take({ access: answer.access_token, refresh: answer.refresh_token });
  }

  /** Forget the tokens. */
  signOut() {
    this.#take(null);
  }

  /**
   * Return a token that is good for a call, renewed if it has to be; null when signed out.
   * `stale` is a token that the shop has just refused: one that somebody else has renewed in
   * the meantime is returned as it is.
   * @param {{stale?: string|null}} [options] @returns {Promise<string|null>}
   */
  async token({ stale = null } = {}) {
    if (!this.#tokens) return null;
    const { access } = this.#tokens;
    const endsAt = claimsOf(access).exp * 1000;
    if (access === stale || endsAt - Date.now() < MARGIN_MS) {
      // Side by side calls share one renewal.
      this.#renewing ??= this.#renew().finally(() => (this.#renewing = null));
      await this.#renewing;
    }
    return this.#tokens?.access ?? null;
  }

  async #renew() {
    const before = this.#tokens;
    try {
      const answer = await this.post("/refresh-token", { refresh_token: before.refresh });
      // Whoever signed out meanwhile stays out.
      if (this.#tokens !== before) return;
      this.#take({ access: answer.access_token, refresh: answer.refresh_token });
    } catch (failure) {
      if (failure.kind !== "sign in" && failure.kind !== "refused") throw failure;
      if (this.#tokens === before) this.#take(null);
    }
  }

  #take(tokens, { isStored = false } = {}) {
    const claims = tokens && claimsOf(tokens.access);
    this.#tokens = tokens;
    this.user = claims && {
      id: claims.sub,
      name: claims.Username,
      isStaff: claims.role === "staff",
    };
    // Where nothing can be stored, the user signs in again after a reload.
    if (!isStored) this.storage.write(this.storageKey, tokens);
  }
}
