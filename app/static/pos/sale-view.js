/** The sale on screen: its articles, its payment, and what became of it. */

import { brandOf, declineMessage } from "../client/card.js";
import { byId, el, showText, updateChildren } from "../client/dom.js";
import { formatMoney } from "../client/money.js";
import { newReference } from "../client/reference.js";
import { CardForm } from "./card-form.js";
import { articleCount, noticeFor, STATE_LABELS, totalChangedMessage } from "./messages.js";
import { renderOutcome } from "./outcome.js";
import { renderParked } from "./parked-sales.js";
import { fullName, isBlank, isEditable, isEmpty, totalCents, unitCount, WALK_IN } from "./sale.js";
import { grownLine, SaleLines } from "./sale-lines.js";

/** @typedef {import("./sale.js").Sale} Sale */

/** A second click that was meant for "Charge" must not hit what has taken its place. */
const DOUBLE_CLICK_MS = 700;

/** Most answers come sooner; until then there is no button for the next customer. */
const QUICK_ANSWER_MS = 1500;

/** On a touch screen a field in focus opens a keyboard over half the till. */
const hasKeyboard = () => matchMedia("(pointer: fine)").matches;

export class SaleView {
  #store;
  #sender;
  #actions;
  #form = new CardForm();
  #lines;
  /** @type {"lines" | "payment"} */
  #step = "lines";
  #shown = "";
  #shownAt = 0;
  /** The total the customer has agreed to, since the payment form was opened. */
  #agreedCents = 0;
  #agreedAt = -Infinity;

  /**
   * @param {{
   *   store: import("./sale-store.js").SaleStore,
   *   sender: import("./order-sender.js").OrderSender,
   *   actions: {
   *     cancelSale: () => void, chooseCustomer: () => void, print: () => void,
   *     showCatalog: () => void, showError: (text: string) => void, staffName: () => string,
   *   },
   * }} options `actions` holds what the buttons do beyond this panel: see till.js.
   */
  constructor({ store, sender, actions }) {
    this.#store = store;
    this.#sender = sender;
    this.#actions = actions;
    this.#lines = new SaleLines({ store, showError: actions.showError });
    this.#listen();
    store.addEventListener("sale", (event) => this.#onSale(/** @type {CustomEvent} */ (event).detail));
    store.addEventListener("switch", () => this.#onSwitch());
  }

  get sale() {
    return this.#store.current;
  }

  get isPaying() {
    return isEditable(this.sale) && this.#step === "payment";
  }

  /** Ask for the card; a sale without articles has nothing to pay. */
  showPayment() {
    if (!isEditable(this.sale) || isEmpty(this.sale)) return;
    if (!this.isPaying) this.#agreedCents = totalCents(this.sale);
    this.#step = "payment";
    this.render();
    this.#focusPayment();
  }

  showLines() {
    if (!this.isPaying) return;
    this.#step = "lines";
    this.#form.clear();
    this.render();
    byId("to-payment").focus();
  }

  /** Empty the card fields. */
  clearCard() {
    this.#form.clear();
  }

  /** Turn to the next customer, unless the receipt has only just appeared. */
  next() {
    if (this.sale.state === "paid" && this.#isDoubleClick) return;
    if (isEditable(this.sale) && isBlank(this.sale)) return;
    this.#store.next();
  }

  /** Show the sale as it is. */
  render() {
    const { sale } = this;
    if (isEmpty(sale)) this.#step = "lines";
    const step = isEditable(sale) ? this.#step : "outcome";
    for (const name of ["lines", "payment", "outcome"]) byId(`step-${name}`).hidden = name !== step;
    byId("sale").dataset.state = sale.state;
    byId("sale").dataset.step = step;
    byId("sale-title").textContent = step === "payment" ? "Payment" : "Sale";
    const state = byId("state");
    state.textContent = sale.state === "open" ? "" : STATE_LABELS[sale.state];
    state.dataset.state = sale.state;
    showText(byId("notice"), isEditable(sale) ? noticeFor(sale) : "");
    byId("notice").className = `banner ${sale.notice?.tone ?? ""}`;
    renderParked(this.#store);
    const shown = `${sale.id} ${step} ${sale.state}`;
    if (shown !== this.#shown) {
      this.#shown = shown;
      this.#shownAt = performance.now();
    }
    if (step === "lines") this.#renderLines();
    if (step === "payment") this.#renderPayment();
    if (step === "outcome") this.#renderOutcome();
  }

  // ---- articles

  #renderLines() {
    const { sale } = this;
    byId("customer-name").textContent =
      sale.customer.id === WALK_IN.id ? "Walk-in" : fullName(sale.customer) || "Customer";
    byId("lines-empty").hidden = !isBlank(sale);
    this.#lines.render(sale);
    byId("total").textContent = formatMoney(totalCents(sale));
    /** @type {HTMLButtonElement} */ (byId("to-payment")).disabled = isEmpty(sale);
    byId("park").hidden = isBlank(sale);
    byId("cancel").hidden = isBlank(sale);
  }

  // ---- payment

  #renderPayment() {
    const { sale } = this;
    const total = totalCents(sale);
    const hasChanged = total !== this.#agreedCents;
    byId("due").textContent = formatMoney(total);
    byId("due-for").textContent = articleCount(unitCount(sale));
    byId("charge-text").textContent = `${hasChanged ? "Confirm" : "Charge"} ${formatMoney(total)}`;
    showText(byId("total-changed"), hasChanged ? totalChangedMessage(this.#agreedCents, total) : "");
    const last = sale.declines.at(-1);
    const banner = byId("decline");
    banner.hidden = sale.state !== "declined" || !last;
    if (banner.hidden || !last) banner.replaceChildren();
    else if (!banner.childElementCount || banner.dataset.count !== String(sale.declines.length)) {
      banner.dataset.count = String(sale.declines.length);
      banner.replaceChildren(
        el("strong", {}, "Declined"),
        el("span", {}, `${last.card.brand || "The card"} ending ${last.card.lastFour}: ${declineMessage(last.reason)}`),
        el("span", {}, "Nothing was charged. The articles are still in the sale: take another card."),
      );
    }
  }

  #focusPayment() {
    if (hasKeyboard()) this.#form.focus();
    else byId("sale-title").focus({ preventScroll: true });
  }

  #charge() {
    const { sale } = this;
    if (!this.isPaying) return;
    const { card, problem, field } = this.#form.read();
    if (!card) {
      // The second half of a double click on a card that was declined at once: the banner says so.
      const isAnswered = sale.state === "declined" && this.#isDoubleClick && this.#form.isEmpty;
      if (!isAnswered) this.#form.showProblem(problem, field);
      return;
    }
    if (totalCents(sale) !== this.#agreedCents) {
      // This press agrees to the new total; the next one charges it.
      this.#form.showProblem("");
      this.#agreedCents = totalCents(sale);
      this.#agreedAt = performance.now();
      this.render();
      byId("charge").focus();
      return;
    }
    if (performance.now() - this.#agreedAt < DOUBLE_CLICK_MS) return;
    const summary = { brand: brandOf(card.number), lastFour: card.number.slice(-4) };
    this.#sender.setCard(sale.id, card);
    const reference = newReference("till");
    // A second click finds the sale on its way, and changes nothing.
    if (
      !this.#store.apply(sale.id, { type: "charge", reference, card: summary, servedBy: this.#actions.staffName() })
    ) {
      return;
    }
    this.#form.clear();
  }

  // ---- outcome

  #renderOutcome() {
    const { sale } = this;
    const box = byId("outcome");
    box.dataset.state = sale.state;
    updateChildren(box, renderOutcome(sale, { isSaved: this.#store.isSaved }));
    updateChildren(byId("outcome-actions"), this.#outcomeActions(), byId("sale-title"));
  }

  #outcomeActions() {
    const { sale } = this;
    /** @param {string} key @param {string} kind @param {string} text @param {() => void} onclick @param {string} [shortcut] */
    const button = (key, kind, text, onclick, shortcut = "") =>
      el(
        "button",
        { type: "button", class: kind, "data-key": key, onclick },
        el("span", {}, text),
        shortcut && el("kbd", {}, shortcut),
      );
    /** @param {string} kind */
    const next = (kind) => button("next", kind, "Next customer", () => this.#isDoubleClick || this.next(), "F9");
    if (sale.state === "paid") {
      return [next("primary big"), button("print", "plain", "Print receipt", () => this.#actions.print())];
    }
    const retry = button("retry", "plain", "Try now", () => this.#sender.retryNow());
    const cancel = button("cancel", "plain danger", "Cancel sale", () => this.#actions.cancelSale());
    if (sale.state === "waiting") return [next("primary big"), retry, cancel];
    if (sale.state === "unsure") return sale.withdrawn ? [next("plain")] : [next("plain"), cancel];
    if (sale.state === "sending" && this.#shownFor < QUICK_ANSWER_MS) {
      setTimeout(() => this.render(), QUICK_ANSWER_MS);
      return [];
    }
    return [next("plain")];
  }

  /** For how long the panel has looked as it does, in milliseconds. */
  get #shownFor() {
    return performance.now() - this.#shownAt;
  }

  get #isDoubleClick() {
    return this.#shownFor < DOUBLE_CLICK_MS;
  }

  // ---- events

  /** @param {{before: Sale, after: Sale}} change */
  #onSale({ before, after }) {
    if (after.id !== this.sale.id) {
      this.render();
      if (after.state === "void" && isEmpty(this.sale)) this.#actions.showCatalog();
      return;
    }
    const moved = before.state !== after.state;
    if (moved && after.state === "declined") this.#step = "payment";
    if (moved && after.state === "open") this.#step = after.notice?.code === "card again" ? "payment" : "lines";
    if (moved) this.#agreedCents = totalCents(after);
    const grown = grownLine(before, after);
    if (grown) this.#lines.markNewest(grown);
    const hadFocus = byId("sale").contains(document.activeElement) || document.activeElement === document.body;
    this.render();
    if (grown) this.#lines.showNewest();
    if (!moved || !hadFocus) return;
    if (after.state === "declined") this.#focusPayment();
    else if (after.state === "paid") {
      /** @type {HTMLElement | null} */ (byId("outcome-actions").firstElementChild)?.focus({ preventScroll: true });
    } else byId("sale-title").focus({ preventScroll: true });
  }

  #onSwitch() {
    this.#step = this.sale.state === "declined" ? "payment" : "lines";
    this.#agreedCents = totalCents(this.sale);
    this.#lines.reset();
    this.#form.clear();
    this.render();
    if (isEmpty(this.sale)) this.#actions.showCatalog();
    else byId("sale-title").focus({ preventScroll: true });
  }

  #listen() {
    byId("to-payment").addEventListener("click", () => this.showPayment());
    byId("back").addEventListener("click", () => this.showLines());
    // The second half of a double click on "Take payment", or on "Charge".
    byId("charge").addEventListener("click", (event) => {
      if (event.detail > 1 && this.#isDoubleClick) event.preventDefault();
    });
    byId("park").addEventListener("click", () => this.next());
    byId("cancel").addEventListener("click", () => this.#actions.cancelSale());
    byId("customer").addEventListener("click", () => this.#actions.chooseCustomer());
    byId("step-payment").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#charge();
    });
  }
}
