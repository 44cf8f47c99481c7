/** What all tabs of this browser share, under these keys of `localStorage`. */

import { FallbackStorage } from "../client/storage.js";

export const storage = new FallbackStorage();

export const SESSION_KEY = "acme-shop.session";
export const CART_KEY = "acme-shop.basket";

/** Return the key of the address that a user has asked to remember. @param {string} userId */
export const addressKey = (userId) => `acme-shop.address.${userId}`;

/** Return the key of a user's payment attempt; `payment-attempt.js` knows what is stored there. @param {string} userId */
export const attemptKey = (userId) => `acme-shop.attempt.${userId}`;

/** Return the key of the changes of a user's cart that are not confirmed. @param {string} userId */
export const changesKey = (userId) => `acme-shop.changes.${userId}`;
