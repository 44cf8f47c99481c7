/**
 * Who is signed in. Tokens are kept where the page says: a till's in `sessionStorage`, which
 * ends with the tab, a shopper's in `localStorage`, which all tabs share.
 */

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

  /** `{id, name, isStaff}` of whoever has signed in, or null. */
  person = null;

  /**
   * @param {(path: string, json: object) => Promise<any>} post Answers the parsed body, or
   *   throws a `ShopError`.
   * @param {{place: string, storage: () => Storage}} keep Under which name, and where. A
   *   function, because a browser that keeps nothing throws at the mere mention.
   */
  constructor(post, { place, storage }) {
    Object.assign(this, { post, place, storage });
    this.reload();
  }

  /** Take over what is kept, for example after another tab has signed in or out. */
  reload() {
    try {
      this.#take(JSON.parse(this.storage().getItem(this.place)), { isKept: true });
    } catch {
      this.#take(null, { isKept: true });
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

  #take(tokens, { isKept = false } = {}) {
    const claims = tokens && claimsOf(tokens.access);
    this.#tokens = tokens;
    this.person = claims && {
      id: claims.sub,
      name: claims.Username,
      isStaff: claims.role === "staff",
    };
    if (isKept) return;
    try {
      if (tokens) this.storage().setItem(this.place, JSON.stringify(tokens));
      else this.storage().removeItem(this.place);
    } catch {
      // A browser that keeps nothing asks again after a reload.
    }
  }
}
