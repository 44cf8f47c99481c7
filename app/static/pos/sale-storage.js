/**
 * Sales in the browser's storage, so that a reload or a crash loses none.
 *
 * What is stored are the sales as sale.js knows them: articles, customer, reference, and of
 * the card its brand and last four digits. Numbers and security codes are never stored.
 */

import { JsonStorage } from "../client/storage.js";
import { isBlank, isFinal, isUnsettled } from "./sale.js";
import { restore } from "./sale-transitions.js";

/** @typedef {import("./sale.js").Sale} Sale */

const STORAGE_KEY = "acme-till.1";

const storage = new JsonStorage();

/** Return the stored sales, as they are after a reload, and the id of the one on screen. */
export function loadSales() {
  const { sales, current } = read();
  return { sales: sales.filter((sale) => sale.state !== "void").map(restore), current };
}

/**
 * Store all sales; returns whether the browser did.
 *
 * A browser that is full refuses, and would go on to hold what it had: there a sale that has
 * been paid since is open, and would be charged once more after a reload. So the old value is
 * replaced with less: with the sales that may have been charged; else with what was stored of
 * those under the same reference, for which there is room; else with nothing.
 * @param {Sale[]} all @param {string | null} current
 */
export function saveSales(all, current) {
  const sales = all.filter((sale) => !isBlank(sale));
  const unsettled = sales.filter(isUnsettled);
  for (const choose of [() => sales, () => unsettled, () => storedEarlier(unsettled), () => []]) {
    const chosen = choose();
    if (write(chosen, current)) return sales.every((sale) => isFinal(sale) || chosen.includes(sale));
  }
  return false;
}

/** Return what was stored of these sales since they were sent; looking them up needs no more. @param {Sale[]} unsettled */
function storedEarlier(unsettled) {
  const references = new Set(unsettled.map(({ reference }) => reference));
  return read().sales.filter((sale) => isUnsettled(sale) && references.has(sale.reference));
}

/** @returns {{sales: Sale[], current: string | null}} */
function read() {
  const stored = /** @type {{sales?: Sale[], current?: string} | null} */ (storage.read(STORAGE_KEY));
  return { sales: Array.isArray(stored?.sales) ? stored.sales : [], current: stored?.current ?? null };
}

/** @param {Sale[]} sales @param {string | null} current */
const write = (sales, current) => storage.write(STORAGE_KEY, sales.length ? { sales, current } : null);
