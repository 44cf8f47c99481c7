/** A guest's cart, stored in the browser, and how it is merged into a user's cart in the shop. */

import { MAX_LINES } from "../client/bounds.js";
import { hasAsMany, isSame, withAdded, without } from "./cart-lines.js";
import { CART_KEY, storage } from "./storage.js";

/** @import { Api } from "../client/api.js" */
/** @import { CartLine } from "../client/types.js" */

/**
 * How a guest's lines `from` are merged into a user's cart: `own` was in it, `lines` will be.
 * @typedef {{userId: string, from: CartLine[], own: CartLine[], lines: CartLine[]}} MergePlan
 */

/**
 * Return a guest's lines, and the plan of merging them into a user's cart if that has begun.
 * @returns {{lines: CartLine[], plan: MergePlan|null}}
 */
export function readGuestCart() {
  const stored = storage.read(CART_KEY);
  const { lines, plan } = /** @type {{lines?: unknown, plan?: MergePlan|null}} */ (stored ?? {});
  /** @param {CartLine|null} line */
  const isLine = (line) => typeof line?.id === "string" && Number.isInteger(line.quantity);
  return {
    lines: Array.isArray(lines) ? lines.filter(isLine) : [],
    plan: plan?.from && plan.own ? plan : null,
  };
}

/** Change a guest's lines; a plan to merge them stays, because half of it may be done. @param {(lines: CartLine[]) => CartLine[]} change */
export function updateGuestLines(change) {
  const { lines, plan } = readGuestCart();
  storage.write(CART_KEY, { lines: change(lines), plan });
}

/** Merge a guest's lines into a user's cart, in one tab at a time. @param {Api} api @param {string} userId */
export const mergeGuestCart = (api, userId) => withTabLock(() => mergeInto(api, userId));

/**
 * Merge a guest's lines with the shop's. The result is stored first, as a plan, and then
 * replaces the whole cart, so that a lost answer cannot add anything twice.
 * @param {Api} api @param {string} userId @returns {Promise<void>}
 */
async function mergeInto(api, userId) {
  const guest = readGuestCart();
  if (!guest.lines.length) return;
  const own = await api.getCart(userId);
  // Another tab may have been quicker, and then `own` has the lines already.
  if (!isSame(readGuestCart(), guest)) return mergeInto(api, userId);
  const begun = guest.plan?.userId === userId ? guest.plan : null;
  const isMerged = begun !== null && hasAsMany(own, begun.lines, begun.from);
  const from = fitting(own, guest.lines);
  if (!isMerged && !from.length) return;
  // A plan for a cart that has changed since would undo the change.
  const isCurrent = begun !== null && (isMerged || isSame(own, begun.own));
  const plan = isCurrent ? begun : { userId, from, own, lines: from.reduce(withAdded, own) };
  if (!isCurrent) storage.write(CART_KEY, { ...guest, plan });
  if (!isMerged) await api.replaceCart(userId, plan.lines);
  // A tab that did not know of the login may have added something meanwhile.
  const left = without(readGuestCart().lines, plan.from);
  storage.write(CART_KEY, left.length ? { lines: left } : null);
  await mergeInto(api, userId);
}

/**
 * Return the guest's lines that fit into a user's cart; the others stay the guest's until there is room.
 * The shop takes no whole cart beyond its bounds, so one of an earlier release gets no lines either.
 * @param {CartLine[]} own @param {CartLine[]} lines
 */
function fitting(own, lines) {
  if (own.length > MAX_LINES) return [];
  const fresh = lines.filter(({ id }) => !own.some((line) => line.id === id)).slice(0, MAX_LINES - own.length);
  return lines.filter((line) => fresh.includes(line) || own.some(({ id }) => id === line.id));
}

/** Run work in one tab at a time, where the browser has locks and grants them. @template T @param {() => Promise<T>} work @returns {Promise<T>} */
async function withTabLock(work) {
  let isGranted = false;
  const locked = () => {
    isGranted = true;
    return work();
  };
  try {
    return await navigator.locks.request(CART_KEY, locked);
  } catch (failure) {
    if (isGranted) throw failure;
    return work();
  }
}
