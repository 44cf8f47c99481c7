/** A sale, and what can be read from it. How it changes is in sale-transitions.js. */

import { sumCents, sumQuantities, textToCents } from "../client/money.js";

/**
 * @typedef {{id: string, firstname: string, lastname: string, email: string}} Customer
 *
 * @typedef {{id: string, name: string, cents: number, image?: string, quantity: number}} Line
 *
 * @typedef {{brand: string, lastFour: string}} CardSummary What may be kept of a card.
 *
 * @typedef {object} OrderBody The request of `POST /order/add/{userid}`, all but the card.
 * @property {string} firstname
 * @property {string} lastname
 * @property {string} email
 * @property {{street: string}} address
 * @property {string} delivery
 * @property {{itemid: string, quantity: number}[]} cart
 * @property {string} total
 *
 * @typedef {object} OrderRecord A paid order as the shop has it, as much as a receipt needs.
 * @property {string} _id
 * @property {string} [userid] Sales of older releases do not have it.
 * @property {string} transactionID
 * @property {string} placedAt
 * @property {string} firstname
 * @property {string} lastname
 * @property {{street?: string}} address
 * @property {{name: string, price: number, quantity: number | string}[]} cart
 * @property {string} total
 * @property {{type: string, number: string}} card
 *
 * @typedef {"open"|"waiting"|"sending"|"pending"|"unsure"|"paid"|"declined"|"void"} State
 *
 * @typedef {object} Sale
 * @property {string} id
 * @property {State} state
 * @property {number | null} [openedAt] When it was begun; sales of older releases do not have it.
 * @property {Line[]} lines
 * @property {Customer} customer
 * @property {string | null} reference The idempotency key of its attempts to pay.
 * @property {{card: CardSummary, body: OrderBody} | null} attempt The last attempt to pay.
 * @property {number | null} sentAt When an attempt under the reference was first sent.
 * @property {number} sends How often one was sent.
 * @property {boolean} withdrawn Whether staff have cancelled it.
 * @property {boolean} mustExist Whether the shop has said that it has an order under the reference.
 * @property {{reason: string, card: CardSummary}[]} declines
 * @property {{id: string, transaction: string} | null} order
 * @property {OrderRecord | null} [record] The paid order, once it has been read.
 * @property {{tone: string, code: string, text?: string} | null} notice
 */

/** The customer of a sale that names none: such sales are orders of this user id. */
export const WALK_IN = Object.freeze({ id: "walk-in", firstname: "Walk-in", lastname: "customer", email: "" });

/** States in which lines and customer may change, and a payment may be started. */
const EDITABLE = new Set(["open", "declined"]);

/** States that nothing follows. */
const FINAL = new Set(["paid", "void"]);

/** States in which the till sends or asks by itself. */
const IN_PROGRESS = new Set(["waiting", "sending", "pending", "unsure"]);

/** @param {Sale} sale */
export const isEditable = (sale) => EDITABLE.has(sale.state);

/** @param {Sale} sale */
export const isFinal = (sale) => FINAL.has(sale.state);

/** @param {Sale} sale */
export const isEmpty = (sale) => sale.lines.length === 0;

/** Whether the order sender has something to do for a sale. @param {Sale} sale */
export const isInProgress = (sale) => IN_PROGRESS.has(sale.state);

/** Whether an attempt was sent whose result is not known. @param {Sale} sale */
export const isUnsettled = (sale) => !isFinal(sale) && sale.reference !== null && sale.sentAt !== null;

/** Whether a sale can be forgotten: no articles, and no attempt that may still arrive. @param {Sale} sale */
export const isBlank = (sale) => isEmpty(sale) && !isUnsettled(sale);

/** Whether all articles were removed while an attempt may still arrive: it must be cancelled. @param {Sale} sale */
export const isAbandoned = (sale) => isEmpty(sale) && isUnsettled(sale);

/**
 * Whether closing the page would lose something that cannot be asked for later.
 * @param {Sale} sale @param {{isSaved: boolean}} options
 */
export const needsThisPage = (sale, { isSaved }) =>
  sale.state === "waiting" || sale.state === "sending" || (!isSaved && isUnsettled(sale));

/** @param {Sale} sale */
export const totalCents = (sale) => sumCents(sale.lines);

/** Return the total, or what was asked for before all articles were removed. @param {Sale} sale */
export const requestedCents = (sale) =>
  isAbandoned(sale) && sale.attempt ? textToCents(sale.attempt.body.total) : totalCents(sale);

/** @param {Sale} sale */
export const unitCount = (sale) => sumQuantities(sale.lines);

/** Return the name of a sale's customer for people. @param {Pick<Customer, "firstname" | "lastname">} customer */
export const fullName = ({ firstname, lastname }) => `${firstname} ${lastname}`.trim();

/** Return a new, empty sale. @param {string} id @param {number | null} [openedAt] @returns {Sale} */
export function newSale(id, openedAt = null) {
  return {
    id,
    state: "open",
    openedAt,
    lines: [],
    customer: WALK_IN,
    reference: null,
    attempt: null,
    sentAt: null,
    sends: 0,
    withdrawn: false,
    mustExist: false,
    declines: [],
    order: null,
    record: null,
    notice: null,
  };
}
