/**
 * The life of one sale, without a screen, a clock or a network: `transition` takes a sale and
 * something that happened, and returns the sale as it is then. What does not fit the state
 * a sale is in changes nothing; that is what makes a second click on "Charge" harmless.
 *
 *   open ──charge──► waiting ──send──► sending ──► paid
 *    ▲                  ▲                 ├──────► declined ──charge (new reference)──► waiting
 *    │                  └── no answer ────┤
 *    ├──────── refused (prices changed) ──┤
 *    │                                    └──────► pending ──► paid | declined
 *    └─ the shop never saw it ── unsure ◄── a reload, a withdrawal, or the answer 422
 *                                   └─ the shop has it ──► paid | declined | pending
 *
 * One rule keeps a customer from paying twice. A sale has a reference, which is the
 * idempotency key of its attempts to pay, and it gives that reference up only when the shop
 * has said "declined". As long as an attempt has no answer, every further attempt goes out
 * under the same reference, so the shop keeps at most one of them: the same card again gets
 * the first answer again, another card gets 422, and then the till asks which one counts.
 *
 * The card is never part of a sale. It lives in memory (order-sender.js) until it has an answer;
 * a sale only knows its brand and last four digits, so sales may be kept on disk.
 */

import { MAX_LINES, MAX_QUANTITY } from "../client/bounds.js";
import { isPaidOrder } from "../client/order-states.js";
import { linesOf, orderBody, recordOf, summaryOfCard } from "./order-data.js";
import { isAbandoned, isEditable, isEmpty, isUnsettled, WALK_IN } from "./sale.js";

/**
 * @typedef {import("./sale.js").Sale} Sale
 * @typedef {import("./sale.js").Line} Line
 * @typedef {import("./sale.js").CardSummary} CardSummary
 * @typedef {import("./sale.js").OrderRecord} OrderRecord
 */

/**
 * A request that was not answered after this long has ended: a gateway gives up after 30
 * seconds. Only a cancelled sale needs it; a sale that goes on is safe through its reference.
 */
const LATE_ARRIVAL_MS = 35_000;

/**
 * @typedef {{firstname: string, lastname: string, id: string, email: string}} Customer
 * @typedef {{id: string, name: string, cents: number, image?: string}} Product
 * @typedef {import("./order-data.js").Order} Order
 * @typedef {{success: string, status: number, message: string, transactionID: string}} Payment
 *
 * @typedef {{type: "add", product: Product, quantity?: number}
 *   | {type: "quantity", id: string, quantity: number}
 *   | {type: "insert", line: Line, index: number}
 *   | {type: "customer", customer: Customer}
 *   | {type: "anonymize"}
 *   | {type: "reprice", products: Map<string, Product>, notice?: Sale["notice"]}
 *   | {type: "charge", reference: string, card: CardSummary, servedBy?: string}
 *   | {type: "cardless"}
 *   | {type: "send", at: number}
 *   | {type: "unanswered", why: string, text?: string}
 *   | {type: "answered", answer: {order_id: string, payment: Payment}}
 *   | {type: "refused", message: string}
 *   | {type: "conflict"}
 *   | {type: "found", order: Order}
 *   | {type: "recorded", order: Order}
 *   | {type: "missing", waitedMs: number}
 *   | {type: "withdraw"}} SaleEvent
 */

/** Return the sale after `event`; the very same object when the event does not fit. @param {Sale} sale @param {any} event @returns {Sale} */
export function transition(sale, event) {
  const change = TRANSITIONS[event.type];
  if (!change) throw new Error(`no such event: ${event.type}`);
  return change(sale, event) ?? sale;
}

/**
 * Return why a product cannot be added, or null: an order takes so many lines, and the pages
 * sell so many of one article.
 * @param {Sale} sale @param {string} id @param {number} quantity @returns {"lines" | "quantity" | null}
 */
export function refusalOf(sale, id, quantity) {
  const line = sale.lines.find((known) => known.id === id);
  if ((line?.quantity ?? 0) + quantity > MAX_QUANTITY) return "quantity";
  return line || sale.lines.length < MAX_LINES ? null : "lines";
}

/** @type {Record<string, (sale: Sale, event: any) => Sale | null>} */
const TRANSITIONS = {
  /** An abandoned sale takes no articles: they are the next customer's, and need another reference. */
  add(sale, { product, quantity = 1 }) {
    if (!isEditable(sale) || isAbandoned(sale) || refusalOf(sale, product.id, quantity)) return null;
    const line = sale.lines.find((known) => known.id === product.id);
    if (line) return withQuantity(sale, line.id, line.quantity + quantity);
    const { id, name, cents, image } = product;
    return { ...sale, lines: [...sale.lines, { id, name, cents, image, quantity }], notice: null };
  },

  /** Set a quantity; 0 removes the line. */
  quantity(sale, { id, quantity }) {
    if (!isEditable(sale) || !Number.isInteger(quantity) || quantity < 0 || quantity > MAX_QUANTITY) return null;
    return withQuantity(sale, id, quantity);
  },

  /** Bring a removed line back to its place. */
  insert(sale, { line, index }) {
    if (!isEditable(sale) || sale.lines.some(({ id }) => id === line.id)) return null;
    return { ...sale, lines: sale.lines.toSpliced(index, 0, line), notice: null };
  },

  /** An attempt that may have arrived counts for its customer: the shop goes by user and key. */
  customer(sale, { customer }) {
    if (!isEditable(sale) || (isUnsettled(sale) && customer.id !== sale.customer.id)) return null;
    return { ...sale, customer };
  },

  /** Keep of the customer only the id: staff have signed out. */
  anonymize(sale) {
    if (sale.customer.id === WALK_IN.id || !isEditable(sale)) return null;
    const blank = { firstname: "", lastname: "", email: "" };
    const attempt = sale.attempt && { ...sale.attempt, body: { ...sale.attempt.body, ...blank } };
    return { ...sale, customer: { id: sale.customer.id, ...blank }, attempt };
  },

  /** Take the catalog's prices; what is no longer sold leaves the sale. */
  reprice(sale, { products, notice = null }) {
    if (!isEditable(sale)) return null;
    const lines = sale.lines.flatMap((line) => {
      const product = products.get(line.id);
      return product ? [{ ...line, name: product.name, cents: product.cents }] : [];
    });
    return { ...sale, lines, notice };
  },

  /** Start a payment. `reference` is a fresh one; the sale only takes it when it has none. */
  charge(sale, { reference, card, servedBy = "" }) {
    if (!isEditable(sale) || isEmpty(sale)) return null;
    const used = sale.reference ?? reference;
    return {
      ...sale,
      state: "waiting",
      reference: used,
      attempt: { card, body: orderBody(sale, used, servedBy) },
      notice: null,
    };
  },

  /** The card is no longer in memory. */
  cardless: (sale) => restore(sale),

  /** The request is about to leave. Saved before it does, or a reload would not know. */
  send(sale, { at }) {
    if (sale.state !== "waiting") return null;
    return { ...sale, state: "sending", sentAt: at, sends: sale.sends + 1, notice: null };
  },

  /** No answer: whether the request arrived is not known. */
  unanswered(sale, { why, text = "" }) {
    if (sale.state !== "sending") return null;
    if (sale.withdrawn) return { ...sale, state: "unsure" };
    return { ...sale, state: "waiting", notice: { tone: "wait", code: why, ...(text && { text }) } };
  },

  answered(sale, { answer }) {
    if (sale.state !== "sending") return null;
    const { order_id: orderId, payment } = answer;
    if (payment.success === "true") {
      return paid(sale, { id: orderId, transaction: payment.transactionID });
    }
    if (payment.status === 400) return declined(sale, payment.message);
    return { ...sale, state: "pending", order: { id: orderId, transaction: "" } };
  },

  /** The shop has read the order and refused it: nothing was stored, nothing charged. */
  refused(sale, { message }) {
    if (sale.state !== "sending") return null;
    const isFirst = sale.sends === 1;
    if (sale.withdrawn) return { ...sale, state: isFirst ? "void" : "unsure" };
    const settled = isFirst ? { reference: null, sentAt: null, sends: 0 } : {};
    return { ...sale, ...settled, state: "open", notice: { tone: "bad", code: "refused", text: message } };
  },

  /** 422: an earlier attempt under this reference did arrive, and that one counts. */
  conflict(sale) {
    if (sale.state !== "sending") return null;
    return { ...sale, state: "unsure", mustExist: true };
  },

  /** The shop's own order of this sale decides. */
  found(sale, { order }) {
    if (sale.state !== "unsure" && sale.state !== "pending") return null;
    if (order.state === "declined") return declined(sale, order.declineReason || order.status, order.card);
    const attempt = sale.attempt && { ...sale.attempt, card: summaryOfCard(order.card) };
    const known = { ...sale, lines: linesOf(order, sale), attempt };
    const { _id: id, transactionID: transaction } = order;
    // A state of a later release does not say that it is paid: the sale stays undecided.
    if (!isPaidOrder(order)) return { ...known, state: "pending", order: { id, transaction: "" } };
    return paid(known, { id, transaction }, recordOf(order));
  },

  /** A paid order as the shop has it, for the receipt. */
  recorded(sale, { order }) {
    return sale.state === "paid" && sale.order?.id === order._id ? { ...sale, record: recordOf(order) } : null;
  },

  /** The shop has no order with the reference, and nothing was sent for `waitedMs` before it was asked. */
  missing(sale, { waitedMs }) {
    if (sale.state !== "unsure" || sale.mustExist) return null;
    if (!sale.withdrawn) return { ...sale, state: "open", notice: { tone: "wait", code: "card again" } };
    return waitedMs > LATE_ARRIVAL_MS ? { ...sale, state: "void" } : null;
  },

  /** Staff cancel the sale. If an attempt may have been sent, the shop is asked first. */
  withdraw(sale) {
    // A request that has left cannot be stopped, but it is not sent again.
    if (sale.state === "sending") return { ...sale, withdrawn: true };
    if (!["open", "declined", "waiting", "unsure"].includes(sale.state)) return null;
    if (!isUnsettled(sale)) return { ...sale, state: "void" };
    return { ...sale, state: "unsure", withdrawn: true, notice: null };
  },
};

/**
 * Return a sale as it is after a reload. The card is gone with the page: an attempt that may
 * have left is looked up first, one that never left needs its card again.
 * @param {Sale} sale @returns {Sale}
 */
export function restore(sale) {
  if (sale.state !== "waiting" && sale.state !== "sending") return sale;
  if (sale.sentAt === null) {
    return { ...sale, state: "open", notice: { tone: "wait", code: "card again" } };
  }
  return { ...sale, state: "unsure", notice: null };
}

/** @param {Sale} sale @param {string} id @param {number} quantity @returns {Sale} */
function withQuantity(sale, id, quantity) {
  const lines = sale.lines.flatMap((line) => {
    if (line.id !== id) return [line];
    return quantity > 0 ? [{ ...line, quantity }] : [];
  });
  return { ...sale, lines, notice: null };
}

/** @param {Sale} sale @param {{id: string, transaction: string}} order @param {OrderRecord | null} [record] @returns {Sale} */
function paid(sale, order, record = null) {
  return { ...sale, state: "paid", order, record, notice: null, mustExist: false };
}

/** @param {Sale} sale @param {string} reason @param {{type: string, number: string} | null} [card] @returns {Sale} */
function declined(sale, reason, card = null) {
  if (sale.withdrawn) return { ...sale, state: "void" };
  const used = card ? summaryOfCard(card) : sale.attempt?.card;
  return {
    ...sale,
    state: "declined",
    // Settled: the next card is a new attempt under a new reference.
    reference: null,
    sentAt: null,
    sends: 0,
    mustExist: false,
    order: null,
    declines: [...sale.declines, { reason, card: used ?? { brand: "", lastFour: "" } }],
    notice: null,
  };
}
