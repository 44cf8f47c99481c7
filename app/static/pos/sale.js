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

import { centsToText, sumQuantities, textToCents, sumCents } from "../client/money.js";

/** Who buys when nobody says who: sales without a customer are orders of this user id. */
export const WALK_IN = Object.freeze({
  id: "walk-in",
  firstname: "Walk-in",
  lastname: "customer",
  email: "",
});

/** The shop takes no more lines (app/domain/draft.py); more of one article is wholesale. */
const MAX_LINES = 100;
const MAX_QUANTITY = 999;

/**
 * Nobody has heard from a request after this long: a gateway gives up after 30 seconds. Only
 * a sale that was called off needs it; a sale that goes on is safe through its reference.
 */
const LATE_ARRIVAL_MS = 35_000;

/** States in which lines and customer may change, and money may be asked for. */
const EDITABLE = new Set(["open", "declined"]);

/** States that are settled for good. */
const FINAL = new Set(["paid", "void"]);

export const isEditable = (sale) => EDITABLE.has(sale.state);
export const isFinal = (sale) => FINAL.has(sale.state);
export const isEmpty = (sale) => sale.lines.length === 0;

/** Whether the sender has something to do for a sale. */
export const isInProgress = (sale) => ["waiting", "sending", "pending", "unsure"].includes(sale.state);

/** Whether an attempt was sent that the shop has not spoken about for good. */
export const isUnsettled = (sale) => !isFinal(sale) && sale.reference !== null && sale.sentAt !== null;

/** Whether nothing is lost with a sale: no articles, and no try that may still arrive. */
export const isBlank = (sale) => isEmpty(sale) && !isUnsettled(sale);

/** Whether somebody took all articles out while a try may still arrive: it is to be called off. */
export const isAbandoned = (sale) => isEmpty(sale) && isUnsettled(sale);

/** Whether closing the page would lose something that cannot be asked for later. */
export const needsThisPage = (sale, { isSaved }) =>
  sale.state === "waiting" || sale.state === "sending" || (!isSaved && isUnsettled(sale));

export const totalCents = (sale) => sumCents(sale.lines);

/** What a sale is about: its articles, or what was asked for before they were taken out. */
export const requestedCents = (sale) => (isAbandoned(sale) ? textToCents(sale.attempt.body.total) : totalCents(sale));

export const unitCount = (sale) => sumQuantities(sale.lines);

/** Return a new, empty sale. */
export function newSale(id) {
  return {
    id,
    state: "open",
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
    notice: null,
  };
}

/** Return the sale after `event`; the very same object when the event does not fit. */
export function transition(sale, event) {
  const change = TRANSITIONS[event.type];
  if (!change) throw new Error(`no such event: ${event.type}`);
  return change(sale, event) ?? sale;
}

const TRANSITIONS = {
  /** What comes after a customer who has left is the next one's, and needs a reference of its own. */
  add(sale, { product, quantity = 1 }) {
    if (!isEditable(sale) || isAbandoned(sale)) return null;
    const line = sale.lines.find((each) => each.id === product.id);
    if (line) {
      return withQuantity(sale, line.id, line.quantity + quantity);
    }
    if (sale.lines.length >= MAX_LINES) return null;
    const { id, name, cents, image } = product;
    const added = { id, name, cents, image, quantity: bounded(quantity) };
    return { ...sale, lines: [...sale.lines, added], notice: null };
  },

  quantity(sale, { id, quantity }) {
    return isEditable(sale) ? withQuantity(sale, id, quantity) : null;
  },

  /** An attempt that may have arrived counts for its customer: the shop goes by user and key. */
  customer(sale, { customer }) {
    return isEditable(sale) && !isUnsettled(sale) ? { ...sale, customer } : null;
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

  /** Ask for money. `reference` is a fresh one; the sale only takes it when it has none. */
  charge(sale, { reference, card }) {
    if (!isEditable(sale) || isEmpty(sale)) return null;
    const kept = sale.reference ?? reference;
    return {
      ...sale,
      state: "waiting",
      reference: kept,
      attempt: { card, body: orderBody(sale, kept) },
      notice: null,
    };
  },

  /** The card is not at hand any more. */
  cardless: (sale) => restore(sale),

  /** The request leaves now. Kept on disk before it does, or a reload would not know. */
  send(sale, { at }) {
    if (sale.state !== "waiting") return null;
    return { ...sale, state: "sending", sentAt: at, sends: sale.sends + 1, notice: null };
  },

  /** Network gone, shop unwell, or staff signed out: nobody knows whether it arrived. */
  unanswered(sale, { why }) {
    if (sale.state !== "sending") return null;
    if (sale.withdrawn) return { ...sale, state: "unsure" };
    return { ...sale, state: "waiting", notice: { tone: "wait", code: why } };
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

  /** The shop read the order and did not want it: nothing was stored, nothing charged. */
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

  /** The shop's own record of this sale: the last word. */
  found(sale, { order }) {
    if (sale.state !== "unsure" && sale.state !== "pending") return null;
    if (order.state === "declined") return declined(sale, order.status, order.card);
    const attempt = { ...sale.attempt, card: summary(order.card) };
    const known = { ...sale, lines: linesOf(order, sale), attempt };
    const { _id: id, transactionID: transaction } = order;
    if (order.state === "pending") return { ...known, state: "pending", order: { id, transaction: "" } };
    return paid(known, { id, transaction });
  },

  /** The shop has no record of the reference, and nothing was sent for `waitedMs` before it was asked. */
  missing(sale, { waitedMs }) {
    if (sale.state !== "unsure" || sale.mustExist) return null;
    if (!sale.withdrawn) return { ...sale, state: "open", notice: { tone: "wait", code: "card again" } };
    return waitedMs > LATE_ARRIVAL_MS ? { ...sale, state: "void" } : null;
  },

  /** The customer has changed their mind. What may have been sent is asked about first. */
  withdraw(sale) {
    // Nobody can call back what is on its way, but it is not sent again.
    if (sale.state === "sending") return { ...sale, withdrawn: true };
    if (!["open", "declined", "waiting", "unsure"].includes(sale.state)) return null;
    if (!isUnsettled(sale)) return { ...sale, state: "void" };
    return { ...sale, state: "unsure", withdrawn: true, notice: null };
  },
};

/**
 * Return a sale as it is after a reload. The card is gone with the page: an attempt that may
 * have left is asked about first, one that never left needs its card again.
 */
export function restore(sale) {
  if (sale.state !== "waiting" && sale.state !== "sending") return sale;
  if (sale.sentAt === null) {
    return { ...sale, state: "open", notice: { tone: "wait", code: "card again" } };
  }
  return { ...sale, state: "unsure", notice: null };
}

function withQuantity(sale, id, quantity) {
  const lines = sale.lines.flatMap((line) => {
    if (line.id !== id) return [line];
    return quantity > 0 ? [{ ...line, quantity: bounded(quantity) }] : [];
  });
  return { ...sale, lines, notice: null };
}

const bounded = (quantity) => Math.min(Math.max(Math.trunc(quantity) || 1, 1), MAX_QUANTITY);

/**
 * Return the lines that count. They are those of the order: between a try that got lost
 * and the news that it arrived after all, staff may have changed the lines on screen.
 */
function linesOf({ cart }, sale) {
  const known = new Map(sale.lines.map((line) => [line.id, line]));
  return cart.map(({ itemid: id, name, price, quantity }) => {
    const cents = Math.round(price * 100);
    return { ...known.get(id), id, name, cents, quantity: Number(quantity) };
  });
}

function paid(sale, order) {
  return { ...sale, state: "paid", order, notice: null, mustExist: false };
}

function declined(sale, reason, card = null) {
  if (sale.withdrawn) return { ...sale, state: "void" };
  const last = { reason, card: card ? summary(card) : sale.attempt.card };
  return {
    ...sale,
    state: "declined",
    // Settled: the next card is a new attempt under a new reference.
    reference: null,
    sentAt: null,
    sends: 0,
    mustExist: false,
    order: null,
    declines: [...sale.declines, last],
    notice: null,
  };
}

const summary = ({ type, number }) => ({ brand: type, lastFour: number.replace(/\D/g, "").slice(-4) });

/**
 * Return the order of a sale, all but its card. Made once per attempt, because a repeat must
 * be the same to the letter. The reference stands in the address, for people: goods that are
 * handed over need none.
 */
function orderBody(sale, reference) {
  const { firstname, lastname, email } = sale.customer;
  return {
    firstname,
    lastname,
    email,
    address: { street: `Handed over in store, ${reference}` },
    delivery: "instore",
    cart: sale.lines.map(({ id, quantity }) => ({ itemid: id, quantity })),
    total: centsToText(totalCents(sale)),
  };
}
