/**
 * Who stands at the till. Tokens are in `sessionStorage`: they survive a reload, not the
 * tab. Cookies are neither sent nor taken, so a customer who is logged in to the shop in the
 * same browser stays who they are, and staff do not become shoppers by opening the till.
 */

const PLACE = "acme-till.staff";

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

  /** `post(path, json)` answers the parsed body, or throws a ShopError. */
  constructor(post) {
    this.post = post;
    try {
      this.#take(JSON.parse(sessionStorage.getItem(PLACE)));
    } catch {
      this.#take(null);
    }
  }

  /** `{id, name, isStaff}` of whoever has signed in, or null. */
  person = null;

  async signIn(username, password) {
    const answer = await this.post("/login", { username, password });
    this.#take({ access: answer.access_token, refresh: answer.refresh_token });
  }

  signOut() {
    this.#take(null);
  }

  /** Return a token that is good for a call, renewed if it has to be; null when signed out. */
  async token({ isStale = false } = {}) {
    if (!this.#tokens) return null;
    const endsAt = claimsOf(this.#tokens.access).exp * 1000;
    if (isStale || endsAt - Date.now() < MARGIN_MS) {
      // Side by side calls share one renewal.
      this.#renewing ??= this.#renew().finally(() => (this.#renewing = null));
      await this.#renewing;
    }
    return this.#tokens?.access ?? null;
  }

  async #renew() {
    try {
      const answer = await this.post("/refresh-token", { refresh_token: this.#tokens.refresh });
      this.#take({ access: answer.access_token, refresh: answer.refresh_token });
    } catch (failure) {
      if (failure.kind !== "sign in" && failure.kind !== "refused") throw failure;
      this.#take(null);
    }
  }

  #take(tokens) {
    const claims = tokens && claimsOf(tokens.access);
    this.#tokens = tokens;
    this.person = claims && {
      id: claims.sub,
      name: claims.Username,
      isStaff: claims.role === "staff",
    };
    try {
      if (tokens) sessionStorage.setItem(PLACE, JSON.stringify(tokens));
      else sessionStorage.removeItem(PLACE);
    } catch {
      // A browser that keeps nothing asks again after a reload.
    }
  }
}
