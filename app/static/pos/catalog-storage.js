/** The last catalog, kept by the browser so that a till without a network can sell. */

/** @typedef {import("../client/types.js").Product} Product */
/** @typedef {{products: Product[], readAt: number}} KeptCatalog */

const CACHE = "acme-till.catalog";
const KEY = "/products";

/**
 * Keep the products; a browser that stores nothing keeps none. Not in `localStorage`: a large
 * catalog would take the room of sales.
 * @param {Product[]} products @param {number} readAt
 */
export async function keepCatalog(products, readAt) {
  try {
    const cache = await caches.open(CACHE);
    await cache.put(KEY, new Response(JSON.stringify({ products, readAt })));
  } catch {}
}

/** Return the products that were kept last, or null. @returns {Promise<KeptCatalog | null>} */
export async function keptCatalog() {
  try {
    const cache = await caches.open(CACHE);
    const kept = await (await cache.match(KEY))?.json();
    return Array.isArray(kept?.products) ? kept : null;
  } catch {
    return null;
  }
}
