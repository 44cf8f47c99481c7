/** All sales of this till: the one on screen and the parked ones. */

import { newReference } from "../client/reference.js";
import { isBlank, isFinal, isInProgress, newSale } from "./sale.js";
import { loadSales, saveSales } from "./sale-storage.js";
import { transition } from "./sale-transitions.js";

/** @typedef {import("./sale.js").Sale} Sale */

/** Dispatches "sale" with `{before, after}` when a sale has changed, "switch" when another is on screen. */
export class SaleStore extends EventTarget {
  /** @type {Sale[]} */
  #sales = [];
  /** @type {string | null} */
  #current = null;
  #isClosed = false;

  /** Whether the browser stores the sales. */
  isSaved = true;

  /** Start with the stored sales. */
  open() {
    const { sales, current } = loadSales();
    this.#sales = sales;
    this.#current = sales.some(({ id }) => id === current) ? current : null;
    if (!this.#current) this.#begin();
    this.#save();
  }

  get all() {
    return this.#sales;
  }

  /** The sale on screen. */
  get current() {
    return /** @type {Sale} */ (this.read(this.#current));
  }

  /** Sales that are not on screen and not just blank. */
  get parked() {
    return this.#sales.filter((sale) => sale.id !== this.#current && !isBlank(sale));
  }

  get inProgress() {
    return this.#sales.filter(isInProgress);
  }

  /** @param {string | null} id */
  read(id) {
    return this.#sales.find((sale) => sale.id === id) ?? null;
  }

  /**
   * Apply an event to a sale; returns whether it changed anything.
   * @param {string} id @param {import("./sale-transitions.js").SaleEvent} event
   */
  apply(id, event) {
    const before = this.#isClosed ? null : this.read(id);
    const after = before && transition(before, event);
    if (!after || after === before) return false;
    this.#sales = this.#sales.map((sale) => (sale.id === id ? after : sale));
    if (after.state === "void") this.#remove(id);
    this.#save();
    this.dispatchEvent(new CustomEvent("sale", { detail: { before, after } }));
    return true;
  }

  /** Put another sale on screen; the one that was there stays as it is. @param {string} id */
  select(id) {
    if (!this.read(id) || id === this.#current) return;
    this.#current = id;
    this.#changed();
  }

  /** Turn to the next customer. A paid sale is done; any other is parked. */
  next() {
    if (isFinal(this.current)) this.#remove(this.current.id);
    else this.#begin();
    this.#changed();
  }

  /** Staff sign out: keep open sales for the next shift, without the customers' names and emails. */
  anonymize() {
    for (const sale of this.#sales.filter(isFinal)) this.#remove(sale.id);
    this.#sales = this.#sales.map((sale) => transition(sale, { type: "anonymize" }));
    this.#changed();
  }

  /** Another page has the till now: change and store nothing any more. */
  close() {
    this.#isClosed = true;
  }

  #begin() {
    const sale = newSale(newReference("till"), Date.now());
    this.#sales = [...this.#sales, sale];
    this.#current = sale.id;
  }

  /** @param {string} id */
  #remove(id) {
    this.#sales = this.#sales.filter((sale) => sale.id !== id);
    if (id === this.#current) this.#begin();
  }

  #changed() {
    this.#sales = this.#sales.filter((sale) => sale.id === this.#current || !isBlank(sale));
    this.#save();
    this.dispatchEvent(new CustomEvent("switch"));
  }

  #save() {
    if (!this.#isClosed) this.isSaved = saveSales(this.#sales, this.#current);
  }
}
