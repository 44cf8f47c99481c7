/** What an order takes; app/domain/cart.py has the same lines, and a much larger quantity for other clients. */

/** The most of one article that the pages sell. */
export const MAX_QUANTITY = 99;

/** The most different articles in one order. */
export const MAX_LINES = 100;
