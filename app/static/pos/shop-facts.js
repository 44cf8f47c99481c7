/**
 * What the shop says of itself: name, address and tax line for receipts, the time zone of its days, and
 * when the till locks itself. The last answer is kept, for a till that starts without a network.
 */

import { setTimeZone } from "../client/dates.js";
import { isShopError } from "../client/errors.js";
import { JsonStorage } from "../client/storage.js";

/** @typedef {import("../client/types.js").ShopFacts} ShopFacts */

const STORAGE_KEY = "acme-till.shop";

/** @type {ShopFacts} */
const USUAL = { name: "ACME Fitness Shop", address: "", taxLine: "", timeZone: "", tillLockMinutes: 10 };

const storage = new JsonStorage();

/** @type {ShopFacts} */
let facts = USUAL;

/** Return what is known of the shop. */
export const shopFacts = () => facts;

/** @param {ShopFacts} known */
function use(known) {
  facts = { ...USUAL, ...known };
  setTimeZone(facts.timeZone);
}

use(/** @type {ShopFacts} */ (storage.read(STORAGE_KEY)));

/** Read the facts; what is known stays when the shop does not answer. @param {import("../client/api.js").Api} shop */
export async function loadShopFacts(shop) {
  try {
    use(await shop.getShopFacts());
    storage.write(STORAGE_KEY, facts);
  } catch (failure) {
    if (!isShopError(failure)) throw failure;
  }
}
