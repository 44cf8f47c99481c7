/** What can go wrong between a page and the shop, in the four kinds that call for different acts. */

/**
 * "network": no answer, so it is unknown whether the request did its work; "shop": 5xx, 408,
 * 429, or an answer that is none of the shop's; "sign in": 401 and 403; "refused": any other
 * 4xx, for good.
 * @typedef {"network"|"shop"|"sign in"|"refused"} FailureKind
 */

/** What a sign-in says when the shop gave no answer of its own. */
export const NO_ANSWER = "The shop does not answer. Try again in a moment.";

/** A call that did not do what it was asked to do. */
export class ShopError extends Error {
  name = "ShopError";

  /**
   * @param {FailureKind} kind
   * @param {{status?: number, message?: string, retryAfterMs?: number}} [facts]
   */
  constructor(kind, { status = 0, message = "", retryAfterMs = 0 } = {}) {
    super(message || kind);
    this.kind = kind;
    this.status = status;
    this.retryAfterMs = retryAfterMs;
    this.isFinal = kind === "refused";
  }
}

/**
 * Whether a failure is the shop's or the network's; anything else is a mistake in the page.
 * @param {unknown} failure @returns {failure is ShopError}
 */
export const isShopError = (failure) => failure instanceof ShopError;

/**
 * Return when to try again after too many attempts, "" for any other failure.
 * @param {Pick<ShopError, "status" | "retryAfterMs">} failure
 */
export function waitText({ status, retryAfterMs }) {
  if (status !== 429) return "";
  const seconds = Math.max(1, Math.ceil(retryAfterMs / 1000));
  const minutes = Math.ceil(seconds / 60);
  const wait = seconds < 90 ? `${seconds} second${seconds === 1 ? "" : "s"}` : `${minutes} minutes`;
  return `Too many attempts. Try again in ${wait}.`;
}

/**
 * Whether a failure leaves open what became of the request.
 * @param {unknown} failure @returns {failure is ShopError}
 */
export const isUnanswered = (failure) =>
  isShopError(failure) && (failure.kind === "network" || failure.kind === "shop");

/** Return the kind of failure that an HTTP status stands for. @param {number} status @returns {FailureKind} */
export function kindOf(status) {
  if (status === 401 || status === 403) return "sign in";
  return status >= 500 || status === 408 || status === 429 ? "shop" : "refused";
}
