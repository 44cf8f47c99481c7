/**
 * Sales on disk, so that a reload or a crash loses none, and one till per browser.
 *
 * What is kept are the sales as `sale.js` knows them: articles, customer, reference, and of
 * the card its brand and last four digits. Numbers and security codes are never written.
 */

import { isBlank, isFinal, isUnsettled, restore } from "./sale.js";

const STORAGE_KEY = "acme-till.1";

/** Return the sales that were kept, as they are after a reload, and which one was on screen. */
export function loadSales() {
  try {
    const { sales, current } = read();
    const alive = sales.filter((sale) => sale.state !== "void");
    return { sales: alive.map(restore), current };
  } catch {
    return { sales: [], current: null };
  }
}

/**
 * Keep all sales; returns whether the browser did.
 *
 * A browser that is full refuses, and would go on to keep what it had: there a sale that has
 * been paid since is open, and would be charged once more after a reload. So what is old gives
 * way to less: to the sales that may have been charged; else to what was kept of those under
 * the same reference, for which there is room; else to nothing.
 */
export function saveSales(sales, current) {
  const worth = sales.filter((sale) => !isBlank(sale));
  const unsettled = worth.filter(isUnsettled);
  for (const choose of [() => worth, () => unsettled, () => earlier(unsettled), () => []]) {
    try {
      const chosen = choose();
      write(chosen, current);
      return worth.every((sale) => isFinal(sale) || chosen.includes(sale));
    } catch {
      // Less may fit.
    }
  }
  return false;
}

/** Return what was kept of these sales since they were sent; looking them up needs no more. */
function earlier(unsettled) {
  const references = new Set(unsettled.map(({ reference }) => reference));
  return read().sales.filter((sale) => isUnsettled(sale) && references.has(sale.reference));
}

function read() {
  const { sales = [], current = null } = JSON.parse(localStorage.getItem(STORAGE_KEY)) ?? {};
  return { sales, current };
}

function write(sales, current) {
  if (sales.length) localStorage.setItem(STORAGE_KEY, JSON.stringify({ sales, current }));
  else localStorage.removeItem(STORAGE_KEY);
}

/**
 * Hold the till for this page: two pages over the same kept sales would overwrite each
 * other. `onHeld` runs when the till is ours, `onTaken` when another page has or takes it.
 * Returns a function that takes it over. Without secure context there are no locks, and a
 * page whose site data is blocked is denied them; then every page gets the till.
 */
export function claimTill({ onHeld, onTaken }) {
  const hold = (options) => {
    if (!navigator.locks) return onHeld();
    let isDenied = true;
    return navigator.locks
      .request("acme-till", options, (lock) => {
        isDenied = false;
        if (!lock) return onTaken({ wasHeld: false });
        onHeld();
        return new Promise(() => {}); // Until the page goes, or another one steals it.
      })
      // Pages that are denied the lock share no kept sales either: there is nobody to wait for.
      .catch(() => (isDenied ? onHeld() : onTaken({ wasHeld: true })));
  };
  hold({ ifAvailable: true });
  return () => hold({ steal: true });
}
