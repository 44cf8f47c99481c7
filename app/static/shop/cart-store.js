/**
 * The cart: ids and quantities, never prices.
 *
 * A guest's lines are stored in the browser; the shop stores those of a signed-in user. When
 * a guest signs in, their lines are merged into the cart the shop has. Event: "change".
 */

import { isShopError, isUnanswered } from "../client/errors.js";
import { sumQuantities } from "../client/money.js";
import { clampQuantity, hasAsMany, isSame, quantityOf, withAdded, without, withQuantity } from "./cart-lines.js";
import { CART_KEY, storage } from "./storage.js";

/** @import { Api } from "../client/api.js" */
/** @import { CartLine } from "../client/types.js" */
/** @import { Attempt } from "./context.js" */

/**
 * How a guest's lines `from` are merged into a user's cart: `own` was in it, `lines` will be.
 * @typedef {{userId: string, from: CartLine[], own: CartLine[], lines: CartLine[]}} MergePlan
 */

/** The user id under which a guest buys, where the shop lets guests in. */
export const GUEST = "guest";

export class CartStore extends EventTarget {
  #api;
  /** @type {CartLine[]|null} */
  #lines = null;
  /** @type {Promise<unknown>} */
  #queue = Promise.resolve();

  /** @param {{api: Api}} options */
  constructor({ api }) {
    super();
    this.#api = api;
    addEventListener("storage", ({ key }) => key === CART_KEY && this.refresh().catch(() => {}));
  }

  /** The lines, or null while they are not known. */
  get lines() {
    return this.#lines;
  }

  get count() {
    return sumQuantities(this.#lines ?? []);
  }

  /** Read the cart, after merging a guest's lines into the cart of the user who has signed in. */
  load() {
    return this.#enqueue(async () => {
      await this.#merge();
      await this.#read();
    });
  }

  /** Read the cart after another tab changed it; merging a guest's lines is left to that tab. */
  refresh() {
    return this.#enqueue(() => this.#read());
  }

  /** @param {string} id @param {number} quantity */
  add(id, quantity) {
    return this.#edit(
      (userId) => this.#addOnce(userId, { id, quantity }),
      (lines) => withAdded(lines, { id, quantity }),
    );
  }

  /** @param {string} id @param {number} quantity */
  set(id, quantity) {
    return this.#edit(
      (userId) => this.#api.setQuantity(userId, id, clampQuantity(quantity)),
      (lines) => withQuantity(lines, { id, quantity }),
    );
  }

  /** Set the quantities of these lines and leave the others as they are; safe to repeat. @param {CartLine[]} wanted */
  setLines(wanted) {
    /** @param {CartLine[]} lines */
    const withAll = (lines) => wanted.reduce(withQuantity, lines);
    // The shop sets quantities only of articles a cart already has, so the cart is replaced.
    return this.#edit(async (userId) => {
      const lines = withAll(await this.#api.getCart(userId));
      await this.#api.replaceCart(userId, lines);
      return lines;
    }, withAll);
  }

  /**
   * Take out what an order of `userId` contains, and leave what was added since. Safe to
   * repeat: `currentAttempt()` returns the attempt as it is stored now, with the `cart` that
   * `saveCart(lines)` was given just before, or null when another tab has finished it.
   * @param {string} userId @param {CartLine[]} ordered
   * @param {{currentAttempt: () => Attempt|null, saveCart: (lines: CartLine[]) => void}} attempt
   * @returns {Promise<boolean>} Whether the cart is still that user's.
   */
  removeOrdered(userId, ordered, { currentAttempt, saveCart }) {
    return this.#enqueue(async () => {
      if (this.owner !== userId) return false;
      const attempt = currentAttempt();
      if (attempt) {
        const { user } = this.#api;
        const own = user ? await this.#api.getCart(userId) : storedCart().lines;
        const before = attempt.cart ?? own;
        if (!attempt.cart) saveCart(own);
        // Where there is less of an article than before, the order's share is out already.
        const due = ordered.filter(({ id }) => quantityOf(own, id) > 0 && hasAsMany(own, before, [{ id }]));
        const left = without(own, due);
        // One by one: what another tab adds meanwhile stays.
        if (user) for (const { id } of due) await this.#api.setQuantity(userId, id, quantityOf(left, id));
        else storage.write(CART_KEY, { ...storedCart(), lines: left });
      }
      await this.#read();
      return true;
    });
  }

  /** The user id that this cart is bought under. */
  get owner() {
    return this.#api.user?.id ?? GUEST;
  }

  /** Drop what is known of the cart: another user has signed in, or out. */
  reset() {
    this.#show(null);
  }

  /**
   * Change the cart: `send(userId)` changes it in the shop as `change(lines)` does here.
   * @param {(userId: string) => Promise<CartLine[]|null|void>} send @param {(lines: CartLine[]) => CartLine[]} change
   * @returns {Promise<void>}
   */
  #edit(send, change) {
    return this.#enqueue(async () => {
      const { user } = this.#api;
      if (!user) {
        const { lines, plan } = storedCart();
        // A merge plan stays: half of it may be done.
        storage.write(CART_KEY, { lines: change(lines), plan });
        return this.#read();
      }
      await this.#merge();
      const lines = (await send(user.id)) ?? (this.#lines && change(this.#lines));
      if (lines && this.owner === user.id) return this.#show(lines);
      // The change is made, whether or not the shop can say what the cart has now.
      return this.#read().catch((failure) => {
        if (!isShopError(failure)) throw failure;
        this.reset();
      });
    });
  }

  /** Adding is not safe to repeat, so without an answer the cart is read to see whether it was done. @param {string} userId @param {CartLine} line */
  async #addOnce(userId, line) {
    const before = this.#lines ?? (await this.#api.getCart(userId));
    try {
      await this.#api.addToCart(userId, line.id, line.quantity);
      return null;
    } catch (failure) {
      if (!isUnanswered(failure)) throw failure;
      const lines = await this.#api.getCart(userId, { retries: 0 }).catch(() => null);
      const isDone = lines && quantityOf(lines, line.id) === quantityOf(before, line.id) + line.quantity;
      if (isDone) return lines;
      if (lines && this.owner === userId) this.#show(lines);
      throw failure;
    }
  }

  /** @returns {Promise<void>} */
  async #read() {
    const { user } = this.#api;
    const lines = user ? await this.#api.getCart(user.id) : storedCart().lines;
    if (this.#api.user?.id !== user?.id) return this.#read();
    return this.#show(lines);
  }

  /** Merge a guest's lines into a user's cart, if there are lines and a user has signed in. */
  async #merge() {
    const { user } = this.#api;
    if (!user || !storedCart().lines.length) return;
    await withTabLock(() => this.#mergeInto(user.id));
    // What was known is out of date.
    this.#lines = null;
  }

  /**
   * Merge a guest's lines with the shop's. The result is stored first, as a plan, and then
   * replaces the whole cart, so that a lost answer cannot add anything twice.
   * @param {string} userId @returns {Promise<void>}
   */
  async #mergeInto(userId) {
    const guest = storedCart();
    if (!guest.lines.length) return;
    const own = await this.#api.getCart(userId);
    // Another tab may have been quicker, and then `own` has the lines already.
    if (!isSame(storedCart(), guest)) return this.#mergeInto(userId);
    const begun = guest.plan?.userId === userId ? guest.plan : null;
    const isMerged = begun !== null && hasAsMany(own, begun.lines, begun.from);
    // A plan for a cart that has changed since would undo the change.
    const isCurrent = begun !== null && (isMerged || isSame(own, begun.own));
    const plan = isCurrent ? begun : { userId, from: guest.lines, own, lines: guest.lines.reduce(withAdded, own) };
    if (!isCurrent) storage.write(CART_KEY, { ...guest, plan });
    if (!isMerged) await this.#api.replaceCart(userId, plan.lines);
    // A tab that did not know of the login may have added something meanwhile.
    const left = without(storedCart().lines, plan.from);
    storage.write(CART_KEY, left.length ? { lines: left } : null);
    await this.#mergeInto(userId);
  }

  /** Make one change after the other: answers must not overtake each other. @template T @param {() => Promise<T>} work @returns {Promise<T>} */
  #enqueue(work) {
    const done = this.#queue.then(work);
    this.#queue = done.catch(() => {});
    return done;
  }

  /** @param {CartLine[]|null} lines */
  #show(lines) {
    this.#lines = lines;
    this.dispatchEvent(new CustomEvent("change"));
  }
}

/**
 * Return a guest's lines, and the plan of merging them into a user's cart if that has begun.
 * @returns {{lines: CartLine[], plan: MergePlan|null}}
 */
function storedCart() {
  const stored = storage.read(CART_KEY);
  const { lines, plan } = /** @type {{lines?: unknown, plan?: MergePlan|null}} */ (stored ?? {});
  /** @param {CartLine|null} line */
  const isLine = (line) => typeof line?.id === "string" && Number.isInteger(line.quantity);
  return {
    lines: Array.isArray(lines) ? lines.filter(isLine) : [],
    plan: plan?.from && plan.own ? plan : null,
  };
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
