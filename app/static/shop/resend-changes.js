/** Changes of the cart that a page before this one has not seen confirmed; loaded only when there are some. */

import { isShopError, isUnanswered } from "../client/errors.js";
import { forgetChange, requestChange, storedChanges } from "./cart-changes.js";
import { quantityOf } from "./cart-lines.js";

/** @import { Api } from "../client/api.js" */
/** @import { CartChanges, Change } from "./cart-changes.js" */

/** The shop knows the key of an addition for an hour; an older one could count twice. */
const MAX_AGE_MS = 50 * 60_000;

/**
 * Have the shop make them. An addition has its key, and a quantity counts only where the cart has the
 * one from before. What the shop cannot be asked for stays stored.
 * @param {Api} api @param {string} userId @param {CartChanges} own Those of this page, which it sends itself.
 */
export async function resendChanges(api, userId, own) {
  for (const change of storedChanges(userId)) {
    if (own.hasKey(change.key)) continue;
    try {
      if (Date.now() - change.madeAt < MAX_AGE_MS && (await isOpen(api, userId, change)))
        await requestChange(api, userId, change);
    } catch (failure) {
      if (!isShopError(failure)) throw failure;
      if (isUnanswered(failure)) return;
    }
    forgetChange(userId, change);
  }
}

/** Whether a change may still have to be made. @param {Api} api @param {string} userId @param {Change} change */
const isOpen = async (api, userId, { kind, id, before }) =>
  kind === "add" || quantityOf(await api.getCart(userId), id) === before;
