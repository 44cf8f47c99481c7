/** All sales of this till: the one on screen and those set aside. */

import { newReference } from "../client/reference.js";
import { loadSales, saveSales } from "./sale-storage.js";
import { isBlank, isFinal, isInProgress, newSale, transition } from "./sale.js";

export class SaleStore extends EventTarget {
  #sales = [];
  #current = null;
  #isClosed = false;

  /** Whether the browser keeps what it is given. */
  isSaved = true;

  /** Start with what was kept. */
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

  get current() {
    return this.read(this.#current);
  }

  /** Sales that are not on screen and not just blank. */
  get parked() {
    return this.#sales.filter((sale) => sale.id !== this.#current && !isBlank(sale));
  }

  get underway() {
    return this.#sales.filter(isInProgress);
  }

  read(id) {
    return this.#sales.find((sale) => sale.id === id) ?? null;
  }

  /** Let something happen to a sale; returns whether it changed anything. */
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

  /** Put another sale on screen; the one that was there stays as it is. */
  select(id) {
    if (!this.read(id) || id === this.#current) return;
    this.#current = id;
    this.#tidy();
    this.#save();
    this.dispatchEvent(new CustomEvent("switch"));
  }

  /** Turn to the next customer. A paid sale is done; any other is set aside. */
  next() {
    if (this.current && isFinal(this.current)) this.#remove(this.#current);
    else this.#begin();
    this.#tidy();
    this.#save();
    this.dispatchEvent(new CustomEvent("switch"));
  }

  #begin() {
    const sale = newSale(newReference("till"));
    this.#sales = [...this.#sales, sale];
    this.#current = sale.id;
  }

  #remove(id) {
    this.#sales = this.#sales.filter((sale) => sale.id !== id);
    if (id === this.#current) this.#begin();
  }

  #tidy() {
    this.#sales = this.#sales.filter((sale) => sale.id === this.#current || !isBlank(sale));
  }

  /** Another page has the till now: change nothing and keep nothing any more. */
  close() {
    this.#isClosed = true;
  }

  #save() {
    if (this.#isClosed) return;
    this.isSaved = saveSales(this.#sales, this.#current);
  }
}
