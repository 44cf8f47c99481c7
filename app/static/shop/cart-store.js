/**
 * The cart: ids and quantities, never prices.
 *
 * A guest's lines are stored in the browser; the shop stores those of a signed-in user. When
 * a guest signs in, their lines are merged into the cart the shop has. Event: "change".
 */

import { MAX_LINES, MAX_QUANTITY } from "../client/bounds.js";
import { isShopError, isUnanswered, ShopError } from "../client/errors.js";
import { sumQuantities } from "../client/money.js";
import { CartChanges, requestChange, storedChanges, withChange } from "./cart-changes.js";
import { clampQuantity, hasAsMany, quantityOf, without, withQuantity } from "./cart-lines.js";
import { mergeGuestCart, readGuestCart, updateGuestLines } from "./guest-cart.js";
import { CART_KEY } from "./storage.js";

/** @import { Api } from "../client/api.js" */
/** @import { CartLine } from "../client/types.js" */
/** @import { Change } from "./cart-changes.js" */
/** @import { Attempt } from "./context.js" */

/** The user id under which a guest buys, where the shop lets guests in. */
export const GUEST = "guest";

export class CartStore extends EventTarget {
  #api;
  /** The lines as last confirmed, null while they are not known. @type {CartLine[]|null} */
  #confirmed = null;
  #changes = new CartChanges();
  /** @type {Promise<unknown>} */
  #queue = Promise.resolve();

  /** @param {{api: Api}} options */
  constructor({ api }) {
    super();
    this.#api = api;
    addEventListener("pagehide", () => this.#sendWaiting());
    document.addEventListener("visibilitychange", () => document.hidden && this.#sendWaiting());
    addEventListener("storage", ({ key }) => key === CART_KEY && this.refresh().catch(() => {}));
  }

  /** The lines with all changes, whether confirmed or not; null while they are not known. */
  get lines() {
    return this.#confirmed && this.#changes.applyTo(this.#confirmed);
  }

  get count() {
    return sumQuantities(this.lines ?? []);
  }

  /** Read the cart, after merging a guest's lines into the cart of the user who has signed in. */
  load() {
    return this.#enqueue(async () => {
      await this.#merge();
      await this.#resend();
      await this.#read();
    });
  }

  /** Read the cart after another tab changed it; merging a guest's lines is left to that tab. */
  refresh() {
    return this.#enqueue(() => this.#read());
  }

  /**
   * Add to the cart; refuses at once what no order could contain. The change is in `lines` at
   * once, the promise tells whether the shop has made it.
   * @param {string} id @param {number} quantity @returns {Promise<void>}
   */
  async add(id, quantity) {
    const lines = this.lines ?? [];
    const before = quantityOf(lines, id);
    if (before + quantity > MAX_QUANTITY) {
      const already = before ? `, and ${before} are in the cart` : "";
      throw new ShopError("refused", { message: `An order takes at most ${MAX_QUANTITY} of one article${already}.` });
    }
    if (!before && lines.length >= MAX_LINES) {
      throw new ShopError("refused", { message: `An order takes at most ${MAX_LINES} different articles.` });
    }
    await this.#change("add", id, quantity);
  }

  /** Set a quantity, like `add`; 0 takes the article out. @param {string} id @param {number} quantity */
  set(id, quantity) {
    return this.#change("set", id, clampQuantity(quantity));
  }

  /** Set the quantities of these lines and leave the others as they are; safe to repeat. @param {CartLine[]} wanted */
  setLines(wanted) {
    /** @param {CartLine[]} lines */
    const withAll = (lines) => wanted.reduce(withQuantity, lines);
    return this.#enqueue(async () => {
      const { user } = this.#api;
      if (!user) {
        updateGuestLines(withAll);
        return this.#read();
      }
      await this.#merge();
      // The shop sets quantities only of articles a cart already has, so the cart is replaced.
      const lines = withAll(await this.#api.getCart(user.id));
      await this.#api.replaceCart(user.id, lines);
      return this.owner === user.id ? this.#confirm(lines) : this.#read();
    });
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
        const own = user ? await this.#api.getCart(userId) : readGuestCart().lines;
        const before = attempt.cart ?? own;
        if (!attempt.cart) saveCart(own);
        // Where there is less of an article than before, the order's share is out already.
        const due = ordered.filter(({ id }) => quantityOf(own, id) > 0 && hasAsMany(own, before, [{ id }]));
        const left = without(own, due);
        // One by one: what another tab adds meanwhile stays.
        if (user) for (const { id } of due) await this.#api.setQuantity(userId, id, quantityOf(left, id));
        else updateGuestLines(() => left);
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
    this.#changes.clear();
    this.#confirm(null);
  }

  /**
   * Show a change, and have it made. Changes of one article that are made while another is
   * under way are sent as one, with the last wish.
   * @param {"add"|"set"} kind @param {string} id @param {number} quantity @returns {Promise<void>}
   */
  #change(kind, id, quantity) {
    const waiting = this.#changes.merge(kind, id, quantity);
    const before = quantityOf(this.lines ?? [], id);
    const change = waiting ?? this.#changes.add(this.#api.user?.id ?? null, kind, { id, quantity }, { before });
    change.done ??= this.#enqueue(() => this.#send(change));
    this.#dispatchChange();
    return change.done;
  }

  /** Send what waits for earlier answers, before the page is left; it is sent again in its turn, under the same key. */
  #sendWaiting() {
    const { user } = this.#api;
    if (!user) return;
    for (const change of this.#changes.unsent) {
      change.isSent = true;
      requestChange(this.#api, user.id, change).catch(() => {});
    }
  }

  /** Send what a page before this one has not seen confirmed. */
  async #resend() {
    const { user } = this.#api;
    if (!user || !storedChanges(user.id).length) return;
    const { resendChanges } = await import("./resend-changes.js").catch(() => ({ resendChanges: null }));
    await resendChanges?.(this.#api, user.id, this.#changes);
  }

  /** Have the shop make a change; a failure shows what the shop has instead. @param {Change} change */
  async #send(change) {
    // Another user has signed in, or out, since it was made.
    if (!this.#changes.hasKey(change.key)) return;
    try {
      const { user } = this.#api;
      const lines = user ? await this.#sendForUser(user.id, change) : this.#storeForGuest(change);
      this.#changes.remove(change);
      if (lines) this.#confirm(lines);
      else await this.#readIfPossible();
    } catch (failure) {
      this.#changes.remove(change);
      await this.#readIfPossible();
      throw failure;
    }
  }

  /** Read the cart; without an answer what was last confirmed is shown. */
  async #readIfPossible() {
    try {
      await this.#read();
    } catch (failure) {
      if (!isShopError(failure)) throw failure;
      this.#dispatchChange();
    }
  }

  /** Return the cart after a change, or null if it is not known. @param {string} userId @param {Change} change */
  async #sendForUser(userId, change) {
    await this.#merge();
    change.isSent = true;
    const known = change.kind === "add" ? await this.#addOnce(userId, change) : null;
    if (change.kind === "set") await requestChange(this.#api, userId, change);
    if (this.owner !== userId) return null;
    return known ?? (this.#confirmed && withChange(this.#confirmed, change));
  }

  /** @param {Change} change */
  #storeForGuest(change) {
    change.isSent = true;
    updateGuestLines((lines) => withChange(lines, change));
    return readGuestCart().lines;
  }

  /**
   * Add once. Without an answer the cart is read to see whether it was done, and if not, it is
   * asked for again: the key keeps a request that is still on its way from counting too.
   * @param {string} userId @param {Change} change
   */
  async #addOnce(userId, change) {
    const before = this.#confirmed ?? (await this.#api.getCart(userId));
    for (let isRepeat = false; ; isRepeat = true) {
      try {
        await requestChange(this.#api, userId, change);
        return null;
      } catch (failure) {
        if (!isUnanswered(failure)) throw failure;
        const lines = await this.#api.getCart(userId, { retries: 0 }).catch(() => null);
        const isDone = lines && quantityOf(lines, change.id) === quantityOf(before, change.id) + change.quantity;
        if (isDone) return lines;
        if (!lines || isRepeat) throw failure;
      }
    }
  }

  /** @returns {Promise<void>} */
  async #read() {
    const { user } = this.#api;
    const lines = user ? await this.#api.getCart(user.id) : readGuestCart().lines;
    if (this.#api.user?.id !== user?.id) return this.#read();
    return this.#confirm(lines);
  }

  /** Merge a guest's lines into a user's cart, if there are lines and a user has signed in. */
  async #merge() {
    const { user } = this.#api;
    if (!user || !readGuestCart().lines.length) return;
    await mergeGuestCart(this.#api, user.id);
    // What was known is out of date.
    this.#confirmed = null;
  }

  /** Make one change after the other: answers must not overtake each other. @template T @param {() => Promise<T>} work @returns {Promise<T>} */
  #enqueue(work) {
    const done = this.#queue.then(work);
    this.#queue = done.catch(() => {});
    return done;
  }

  /** @param {CartLine[]|null} lines */
  #confirm(lines) {
    this.#confirmed = lines;
    this.#dispatchChange();
  }

  #dispatchChange() {
    this.dispatchEvent(new CustomEvent("change"));
  }
}
