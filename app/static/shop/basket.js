/**
 * What somebody is about to buy: ids and quantities, never prices.
 *
 * A guest's lines live in `localStorage`; the shop keeps those of everybody else. When a guest
 * signs in, their lines join the ones the shop has. Event: "change".
 */

import { countOf } from "../client/money.js";

const PLACE = "acme-shop.basket";
export const MOST_OF_ONE = 99;

/** Under which user id somebody buys whom the shop lets in without a name. */
export const GUEST = "guest";

const capped = (quantity) => Math.min(Math.max(quantity, 0), MOST_OF_ONE);

/** Return lines with a quantity added; a quantity of nothing is no line. */
function withAdded(lines, id, quantity) {
  const before = lines.find((line) => line.id === id)?.quantity ?? 0;
  return withQuantity(lines, id, before + quantity);
}

/** Return lines with a quantity set. */
function withQuantity(lines, id, quantity) {
  const isKnown = lines.some((line) => line.id === id);
  const line = { id, quantity: capped(quantity) };
  const after = isKnown ? lines.map((each) => (each.id === id ? line : each)) : [...lines, line];
  return after.filter((each) => each.quantity > 0);
}

/** Return lines less other lines; what is no more is no line. */
function without(lines, others) {
  const left = (before, { id, quantity }) => before.map((line) => (line.id === id ? { id, quantity: line.quantity - quantity } : line));
  return others.reduce(left, lines).filter(({ quantity }) => quantity > 0);
}

/** Do work that no other tab does at the same time, where the browser has locks. */
function oneTabAtATime(work) {
  return navigator.locks ? navigator.locks.request(PLACE, work) : work();
}

export class Basket extends EventTarget {
  #lines = null;
  #chain = Promise.resolve();

  constructor({ api }) {
    super();
    this.api = api;
    addEventListener("storage", ({ key }) => key === PLACE && this.look().catch(() => {}));
  }

  /** The lines, or null while nobody knows. */
  get lines() {
    return this.#lines;
  }

  get count() {
    return countOf(this.#lines ?? []);
  }

  /** Read the basket anew, and take a guest's lines along to whoever has signed in. */
  load() {
    return this.#inTurn(async () => {
      const { person } = this.api;
      if (person) await oneTabAtATime(() => this.#takeOver(person.id));
      return this.#read();
    });
  }

  /** Read the basket anew after another tab did something; a guest's lines are its to take along. */
  look() {
    return this.#inTurn(() => this.#read());
  }

  async #read() {
    const { person } = this.api;
    return this.#show(person ? await this.api.getCart(person.id) : recall().lines);
  }

  add(id, quantity) {
    return this.#inTurn(async () => {
      const { person } = this.api;
      if (person) await this.api.addToCart(person.id, id, quantity);
      await this.#change((lines) => withAdded(lines, id, quantity));
    });
  }

  set(id, quantity) {
    return this.#inTurn(async () => {
      const { person } = this.api;
      if (person) await this.api.setQuantity(person.id, id, capped(quantity));
      await this.#change((lines) => withQuantity(lines, id, quantity));
    });
  }

  /** Have these lines in the basket, whatever else is in it; safe to repeat. */
  put(wanted) {
    return this.#inTurn(async () => {
      const { person } = this.api;
      const withAll = (lines) => wanted.reduce((all, { id, quantity }) => withQuantity(all, id, quantity), lines);
      if (!person) return this.#change(withAll);
      // The shop sets quantities only of what a cart has already, so all of it is replaced.
      const lines = withAll(await this.api.getCart(person.id));
      await this.api.replaceCart(person.id, lines);
      return this.#show(lines);
    });
  }

  clear() {
    return this.#inTurn(async () => {
      const { person } = this.api;
      if (person) await this.api.clearCart(person.id);
      await this.#change(() => []);
    });
  }

  /** Somebody else is here now: forget what was known. */
  forget() {
    this.#show(null);
  }

  /**
   * Join a guest's lines with the shop's. What shall come out is written down first, and the
   * whole cart is replaced by it, so that a lost answer cannot add anything twice.
   */
  async #takeOver(userId) {
    const kept = recall();
    if (!kept.lines.length) return;
    let { plan } = kept;
    if (plan?.userId !== userId) {
      const own = await this.api.getCart(userId);
      // Another tab may have been quicker, and then `own` has the lines already.
      if (!isSame(recall(), kept)) return this.#takeOver(userId);
      const lines = kept.lines.reduce((all, { id, quantity }) => withAdded(all, id, quantity), own);
      plan = { userId, from: kept.lines, lines };
      keep({ ...kept, plan });
    }
    await this.api.replaceCart(userId, plan.lines);
    // A tab that did not know of the login may have added something meanwhile.
    const left = without(recall().lines, plan.from);
    keep({ lines: left });
    if (left.length && isSame(recall().lines, left)) await this.#takeOver(userId);
  }

  /** One change after the other: the answers must not overtake each other. */
  #inTurn(work) {
    const done = this.#chain.then(work);
    this.#chain = done.catch(() => {});
    return done;
  }

  /** The shop has agreed, or nobody has to: show what is true now. */
  async #change(next) {
    const { person } = this.api;
    if (person) return this.#show(this.#lines ? next(this.#lines) : await this.api.getCart(person.id));
    const { lines: before, plan } = recall();
    const lines = next(before);
    // A plan stays: half of it may be done.
    keep({ lines, plan });
    return this.#show(lines);
  }

  #show(lines) {
    this.#lines = lines;
    this.dispatchEvent(new CustomEvent("change"));
  }
}

function recall() {
  try {
    const { lines = [], plan = null } = JSON.parse(localStorage.getItem(PLACE)) ?? {};
    const isLine = ({ id, quantity }) => typeof id === "string" && Number.isInteger(quantity);
    return { lines: lines.filter(isLine), plan: plan?.from ? plan : null };
  } catch {
    return { lines: inMemory, plan: null };
  }
}

const isSame = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/** For browsers that keep nothing: good until the next reload. */
let inMemory = [];

function keep(kept) {
  try {
    if (kept.lines.length) localStorage.setItem(PLACE, JSON.stringify(kept));
    else localStorage.removeItem(PLACE);
  } catch {
    inMemory = kept.lines;
  }
}
