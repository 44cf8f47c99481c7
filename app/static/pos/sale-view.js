/** The sale on screen: its articles, its payment, and what became of it. */

import { brandOf, declineMessage } from "../client/card.js";
import { byId, el, updateChildren, showText } from "../client/dom.js";
import { formatMoney } from "../client/money.js";
import { newReference } from "../client/reference.js";
import { CardForm } from "./card-form.js";
import { renderOutcome } from "./outcome.js";
import { renderReceipt, receiptOfSale } from "./receipt.js";
import { requestedCents, isBlank, isEditable, isEmpty, totalCents, unitCount, WALK_IN } from "./sale.js";
import { noticeFor, parkedLabel, STATE_LABELS } from "./messages.js";

/** A second click that was meant for "Charge" must not hit what has taken its place. */
const DOUBLE_CLICK_MS = 700;

/** Most answers come before anybody could want to turn to the next customer. */
const QUICK_ANSWER_MS = 1500;

/** On a touch screen a field in focus calls up a keyboard over half the till. */
const hasKeyboard = () => matchMedia("(pointer: fine)").matches;

const customerName = ({ firstname, lastname }) => `${firstname} ${lastname}`.trim();

export class SaleView {
  #step = "lines";
  #shown = "";
  #shownAt = 0;
  #form = new CardForm();

  /** `actions` holds what the buttons do beyond this panel: see till.js. */
  constructor({ store, sender, actions }) {
    Object.assign(this, { store, sender, actions });
    this.#listen();
    store.addEventListener("sale", ({ detail }) => this.#onSale(detail));
    store.addEventListener("switch", () => this.#onSwitch());
  }

  get sale() {
    return this.store.current;
  }

  get isPaying() {
    return isEditable(this.sale) && this.#step === "payment";
  }

  /** Ask for the card; a sale without articles has nothing to ask for. */
  showPayment() {
    if (!isEditable(this.sale) || isEmpty(this.sale)) return;
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

  /** Show the sale as it is. */
  render() {
    const { sale } = this;
    const step = isEditable(sale) ? this.#step : "outcome";
    if (step === "payment" && isEmpty(sale)) {
      this.#step = "lines";
      this.render();
      return;
    }
    for (const name of ["lines", "payment", "outcome"]) byId(`step-${name}`).hidden = name !== step;
    byId("sale").dataset.state = sale.state;
    byId("sale-title").textContent = step === "payment" ? "Payment" : "Sale";
    const state = byId("state");
    state.textContent = sale.state === "open" ? "" : STATE_LABELS[sale.state];
    state.dataset.state = sale.state;
    showText(byId("notice"), isEditable(sale) ? noticeFor(sale) : "");
    byId("notice").className = `banner ${sale.notice?.tone ?? ""}`;
    this.#renderParked();
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
    byId("customer-name").textContent = sale.customer.id === WALK_IN.id ? "Walk-in" : customerName(sale.customer);
    const bare = isEmpty(sale);
    byId("lines-empty").hidden = !isBlank(sale);
    byId("lines").hidden = bare;
    updateChildren(byId("lines"), sale.lines.map((line) => this.#line(line)), byId("sale-title"));
    byId("total").textContent = formatMoney(totalCents(sale));
    byId("to-payment").disabled = bare;
    byId("park").hidden = isBlank(sale);
    byId("cancel").hidden = isBlank(sale);
  }

  #line(line) {
    const set = (quantity) => () => this.store.apply(this.sale.id, { type: "quantity", id: line.id, quantity });
    const button = (key, text, label, onclick) =>
      el("button", { type: "button", "data-key": `${line.id} ${key}`, "aria-label": label, onclick }, text);
    return el(
      "li",
      { class: "line", "data-product": line.id },
      el("span", { class: "line-name" }, el("b", {}, line.name), el("small", {}, `${formatMoney(line.cents)} each`)),
      el(
        "span",
        { class: "stepper" },
        button("less", line.quantity > 1 ? "−" : "✕", line.quantity > 1 ? `One ${line.name} less` : `Take ${line.name} out`, set(line.quantity - 1)),
        el("output", {}, String(line.quantity)),
        button("more", "+", `One ${line.name} more`, set(line.quantity + 1)),
      ),
      el("span", { class: "line-total" }, formatMoney(line.cents * line.quantity)),
    );
  }

  // ---- payment

  #renderPayment() {
    const { sale } = this;
    const units = unitCount(sale);
    byId("due").textContent = formatMoney(totalCents(sale));
    byId("due-for").textContent = `${units} ${units === 1 ? "article" : "articles"}`;
    byId("charge-text").textContent = `Charge ${formatMoney(totalCents(sale))}`;
    const last = sale.declines.at(-1);
    const banner = byId("decline");
    banner.hidden = sale.state !== "declined";
    if (banner.hidden) banner.replaceChildren();
    else if (!banner.childElementCount || banner.dataset.count !== String(sale.declines.length)) {
      banner.dataset.count = String(sale.declines.length);
      banner.replaceChildren(
        el("strong", {}, "Declined"),
        el("span", {}, `${last.card.brand || "The card"} ending ${last.card.lastFour}: ${declineMessage(last.reason)}`),
        el("span", {}, "Nothing was charged. Everything is still rung up: take another card."),
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
    if (problem) {
      // The second half of a double click on a card that was declined at once.
      if (!this.#isDoubleClick) this.#form.complain(problem, field);
      return;
    }
    const shown = { brand: brandOf(card.number), lastFour: card.number.slice(-4) };
    this.sender.setCard(sale.id, card);
    // A click that comes second finds the sale on its way, and changes nothing.
    if (!this.store.apply(sale.id, { type: "charge", reference: newReference("till"), card: shown })) return;
    this.#form.clear();
  }

  /** Leave nothing of a card in the fields. */
  clearCard() {
    this.#form.clear();
  }

  // ---- outcome

  #renderOutcome() {
    const { sale } = this;
    const box = byId("outcome");
    box.dataset.state = sale.state;
    updateChildren(box, renderOutcome(sale, { isSaved: this.store.isSaved, staffName: this.actions.staffName() }));
    updateChildren(byId("outcome-actions"), this.#outcomeActions(), byId("sale-title"));
  }

  #outcomeActions() {
    const { sale } = this;
    const button = (key, kind, text, onclick, hint = "") =>
      el("button", { type: "button", class: kind, "data-key": key, onclick }, el("span", {}, text), hint && el("kbd", {}, hint));
    const next = (kind) => button("next", kind, "Next customer", () => this.#isDoubleClick || this.next(), "F9");
    if (sale.state === "paid") {
      const print = () => this.actions.print(renderReceipt(receiptOfSale(sale), this.actions.staffName()));
      return [next("primary big"), button("print", "plain", "Print receipt", print)];
    }
    const now = button("now", "plain", "Try now", () => this.sender.retryNow());
    const drop = button("drop", "plain danger", "Call it off", () => this.actions.cancelSale());
    if (sale.state === "waiting") return [next("primary big"), now, drop];
    if (sale.state === "unsure") return sale.withdrawn ? [next("plain")] : [next("plain"), drop];
    if (sale.state === "sending" && this.#shownFor < QUICK_ANSWER_MS) {
      setTimeout(() => this.render(), QUICK_ANSWER_MS);
      return [];
    }
    return [next("plain")];
  }

  /** For how long the panel has looked as it does. */
  get #shownFor() {
    return performance.now() - this.#shownAt;
  }

  get #isDoubleClick() {
    return this.#shownFor < DOUBLE_CLICK_MS;
  }

  /** Turn to the next customer, unless the receipt has only just appeared. */
  next() {
    if (this.sale.state === "paid" && this.#isDoubleClick) return;
    if (isEditable(this.sale) && isBlank(this.sale)) return;
    this.store.next();
  }

  // ---- sales set aside

  #renderParked() {
    const { parked } = this.store;
    const box = byId("parked");
    box.hidden = !parked.length;
    updateChildren(
      box,
      parked.map((sale) =>
        el(
          "button",
          {
            type: "button",
            class: "parked-sale",
            "data-state": sale.state,
            "data-key": sale.id,
            onclick: () => this.store.select(sale.id),
          },
          el("b", {}, formatMoney(requestedCents(sale))),
          el("small", {}, parkedLabel(sale)),
        ),
      ),
      byId("sale-title"),
    );
  }

  // ---- what happens

  #onSale({ before, after }) {
    if (after.id !== this.sale.id) {
      this.render();
      if (after.state === "void" && isEmpty(this.sale)) this.actions.toCatalog();
      return;
    }
    const moved = before.state !== after.state;
    if (moved && after.state === "declined") this.#step = "payment";
    if (moved && after.state === "open") this.#step = after.notice?.code === "card again" ? "payment" : "lines";
    const hadFocus = byId("sale").contains(document.activeElement) || document.activeElement === document.body;
    this.render();
    if (!moved || !hadFocus) return;
    if (after.state === "declined") this.#focusPayment();
    else if (after.state === "paid") byId("outcome-actions").firstElementChild?.focus({ preventScroll: true });
    else byId("sale-title").focus({ preventScroll: true });
  }

  #onSwitch() {
    this.#step = this.sale.state === "declined" ? "payment" : "lines";
    this.#form.clear();
    this.render();
    if (isEmpty(this.sale)) this.actions.toCatalog();
    else byId("sale-title").focus({ preventScroll: true });
  }

  #listen() {
    byId("to-payment").addEventListener("click", () => this.showPayment());
    byId("back").addEventListener("click", () => this.showLines());
    byId("park").addEventListener("click", () => this.next());
    byId("cancel").addEventListener("click", () => this.actions.cancelSale());
    byId("customer").addEventListener("click", () => this.actions.chooseCustomer());
    byId("step-payment").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#charge();
    });
  }
}
