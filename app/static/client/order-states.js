/** The states of an order, as the API document lists them (openapi/CONTRACT.md, chapter 2). */

const ORDER_STATES = /** @type {const} */ (["pending", "paid", "shipped", "delivered", "declined", "unknown"]);

/** @typedef {typeof ORDER_STATES[number]} OrderState */

/** @type {Set<OrderState>} */
const MOVING = new Set(["pending", "paid", "shipped"]);

/** @type {Set<OrderState>} */
const PAID = new Set(["paid", "shipped", "delivered"]);

/**
 * Return the state of an order. What a page of this release has not heard of is "unknown", the shop's own
 * word for the states of a later release: its `status` says what it is.
 * @param {{state: string}} order @returns {OrderState}
 */
export const stateOf = ({ state }) => ORDER_STATES.find((known) => known === state) ?? "unknown";

/** Whether nothing that this release knows changes the order any more. @param {{state: string}} order */
export const isFinalOrder = (order) => !MOVING.has(stateOf(order));

/** Whether the order is known to be paid. @param {{state: string}} order */
export const isPaidOrder = (order) => PAID.has(stateOf(order));
