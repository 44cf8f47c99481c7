/**
 * What somebody is about to buy: ids and quantities, never prices.
 *
 * A guest's lines are kept in the browser; the shop keeps those of everybody else. When a
 * guest signs in, their lines join the ones the shop has. Event: "change".
 */

import { isShopError, isUnanswered } from "../client/errors.js";
import { sumQuantities } from "../client/money.js";
import { CART_KEY, storage } from "./storage.js";
import { capped, hasAsMany, isSame, quantityOf, withAdded, without, withQuantity } from "./lines.js";

/** Under which user id somebody buys whom the shop lets in without a name. */
export const GUEST = "guest";

export class Basket extends EventTarget {
  #lines = null;
  #chain = Promise.resolve();

  constructor({ api }) {
    super();
    this.api = api;
    addEventListener("storage", ({ key }) => key === CART_KEY && this.look().catch(() => {}));
  }

  /** The lines, or null while nobody knows. */
  get lines() {
    return this.#lines;
  }

  get count() {
    return sumQuantities(this.#lines ?? []);
  }

  /** Read the basket anew, and take a guest's lines along to whoever has signed in. */
  load() {
    return this.#inTurn(async () => {
      await this.#join();
      await this.#read();
    });
  }

  /** Read the basket anew after another tab did something; a guest's lines are its to take along. */
  look() {
    return this.#inTurn(() => this.#read());
  }

  add(id, quantity) {
    return this.#edit(
      (userId) => this.#addOnce(userId, { id, quantity }),
      (lines) => withAdded(lines, { id, quantity }),
    );
  }

  set(id, quantity) {
    return this.#edit(
      (userId) => this.api.setQuantity(userId, id, capped(quantity)),
      (lines) => withQuantity(lines, { id, quantity }),
    );
  }

  /** Have these lines in the basket, whatever else is in it; safe to repeat. */
  put(wanted) {
    const withAll = (lines) => wanted.reduce(withQuantity, lines);
    // The shop sets quantities only of what a cart has already, so all of it is replaced.
    return this.#edit(async (userId) => {
      const lines = withAll(await this.api.getCart(userId));
      await this.api.replaceCart(userId, lines);
      return lines;
    }, withAll);
  }

  /**
   * Take out what an order of `userId` has in it, and leave what has come in since. Safe to
   * repeat: `standing()` returns the attempt as it is now, with the `cart` that `note(lines)`
   * was told just before, or null when another tab has done it.
   * @returns {Promise<boolean>} Whether the basket is still that user's.
   */
  remove(userId, ordered, { standing, note }) {
    return this.#inTurn(async () => {
      if (this.owner !== userId) return false;
      const attempt = standing();
      if (attempt) {
        const { user } = this.api;
        const own = user ? await this.api.getCart(userId) : storedCart().lines;
        const before = attempt.cart ?? own;
        if (!attempt.cart) note(own);
        // Of what there is less of than before, the order's share is out already.
        const due = ordered.filter(({ id }) => quantityOf(own, id) > 0 && hasAsMany(own, before, [{ id }]));
        const left = without(own, due);
        // One by one: what another tab puts in meanwhile stays.
        if (user) for (const { id } of due) await this.api.setQuantity(userId, id, quantityOf(left, id));
        else storage.write(CART_KEY, { ...storedCart(), lines: left });
      }
      await this.#read();
      return true;
    });
  }

  /** The user id that this basket is bought under. */
  get owner() {
    return this.api.user?.id ?? GUEST;
  }

  /** Somebody else is here now: forget what was known. */
  forget() {
    this.#show(null);
  }

  /** Change the basket: `send(userId)` has the shop do what `next(lines)` does here. */
  #edit(send, next) {
    return this.#inTurn(async () => {
      const { user } = this.api;
      if (!user) {
        const { lines, plan } = storedCart();
        // A plan stays: half of it may be done.
        storage.write(CART_KEY, { lines: next(lines), plan });
        return this.#read();
      }
      await this.#join();
      const lines = (await send(user.id)) ?? (this.#lines && next(this.#lines));
      if (lines && this.owner === user.id) return this.#show(lines);
      // It is done, whether or not the shop can say what is in the cart now.
      return this.#read().catch((failure) => {
        if (!isShopError(failure)) throw failure;
        this.forget();
      });
    });
  }

  /** Adding is not safe to repeat, so without an answer look whether it has been done. */
  async #addOnce(userId, line) {
    const before = this.#lines ?? (await this.api.getCart(userId));
    try {
      await this.api.addToCart(userId, line.id, line.quantity);
      return null;
    } catch (failure) {
      if (!isUnanswered(failure)) throw failure;
      const lines = await this.api.getCart(userId, { retries: 0 }).catch(() => null);
      const isDone = lines && quantityOf(lines, line.id) === quantityOf(before, line.id) + line.quantity;
      if (isDone) return lines;
      if (lines && this.owner === userId) this.#show(lines);
      throw failure;
    }
  }

  async #read() {
    const { user } = this.api;
    const lines = user ? await this.api.getCart(user.id) : storedCart().lines;
    if (this.api.user?.id !== user?.id) return this.#read();
    return this.#show(lines);
  }

  /** Take a guest's lines along, if there are any and somebody has signed in. */
  async #join() {
    const { user } = this.api;
    if (!user || !storedCart().lines.length) return;
    await oneTabAtATime(() => this.#takeOver(user.id));
    // What was known is not true any more.
    this.#lines = null;
  }

  /**
   * Join a guest's lines with the shop's. What shall come out is written down first, and the
   * whole cart is replaced by it, so that a lost answer cannot add anything twice.
   */
  async #takeOver(userId) {
    const guest = storedCart();
    if (!guest.lines.length) return;
    const own = await this.api.getCart(userId);
    // Another tab may have been quicker, and then `own` has the lines already.
    if (!isSame(storedCart(), guest)) return this.#takeOver(userId);
    let { plan } = guest;
    const isBegun = plan?.userId === userId;
    if (!isBegun || !hasAsMany(own, plan.lines, plan.from)) {
      // A plan for a cart that has changed since would undo the change.
      if (!isBegun || !isSame(own, plan.own)) {
        plan = { userId, from: guest.lines, own, lines: guest.lines.reduce(withAdded, own) };
        storage.write(CART_KEY, { ...guest, plan });
      }
      await this.api.replaceCart(userId, plan.lines);
    }
    // A tab that did not know of the login may have added something meanwhile.
    const left = without(storedCart().lines, plan.from);
    storage.write(CART_KEY, left.length ? { lines: left } : null);
    await this.#takeOver(userId);
  }

  /** One change after the other: the answers must not overtake each other. */
  #inTurn(work) {
    const done = this.#chain.then(work);
    this.#chain = done.catch(() => {});
    return done;
  }

  #show(lines) {
    this.#lines = lines;
    this.dispatchEvent(new CustomEvent("change"));
  }
}

/** Return a guest's lines, and the plan of joining them with somebody's if that has begun. */
function storedCart() {
  const { lines, plan } = storage.read(CART_KEY) ?? {};
  const isLine = (line) => typeof line?.id === "string" && Number.isInteger(line.quantity);
  return {
    lines: Array.isArray(lines) ? lines.filter(isLine) : [],
    plan: plan?.from && plan.own ? plan : null,
  };
}

/** Do work that no other tab does at the same time, where the browser has locks and lends them. */
async function oneTabAtATime(work) {
  let isOurs = false;
  const locked = () => {
    isOurs = true;
    return work();
  };
  try {
    return await navigator.locks.request(CART_KEY, locked);
  } catch (failure) {
    if (isOurs) throw failure;
    return work();
  }
}
