/** What can go wrong between a page and the shop, in the four kinds that call for different acts. */

/** A call that did not do what it was asked to do. */
export class ShopError extends Error {
  name = "ShopError";

  /**
   * @param {"network"|"shop"|"sign in"|"refused"} kind "network": no answer, so nobody knows
   *   whether the request did its work; "shop": 5xx, 408, 429, or an answer that is none of the
   *   shop's; "sign in": 401 and 403; "refused": any other 4xx, for good.
   * @param {{status?: number, message?: string, retryAfterMs?: number}} [facts]
   */
  constructor(kind, { status = 0, message = "", retryAfterMs = 0 } = {}) {
    super(message || kind);
    Object.assign(this, { kind, status, retryAfterMs, isFinal: kind === "refused" });
  }
}

/** Whether a failure is the shop's or the network's; anything else is a mistake in the page. */
export const isShopError = (failure) => failure instanceof ShopError;

/** Whether a failure leaves open what became of the request. */
export const isUnanswered = ({ kind }) => kind === "network" || kind === "shop";

/** Return the kind of failure that an HTTP status stands for. */
export function kindOf(status) {
  if (status === 401 || status === 403) return "sign in";
  return status >= 500 || status === 408 || status === 429 ? "shop" : "refused";
}
