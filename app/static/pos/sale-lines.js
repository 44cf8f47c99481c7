/** The articles of the sale on screen: quantities, removal, and undoing a removal. */

import { MAX_QUANTITY } from "../client/bounds.js";
import { toAsciiDigits } from "../client/digits.js";
import { byId, el, isolate, updateChildren } from "../client/dom.js";
import { formatMoney } from "../client/money.js";
import { isComposing } from "./keyboard.js";
import { isEditable } from "./sale.js";

/**
 * @typedef {import("./sale.js").Sale} Sale
 * @typedef {import("./sale.js").Line} Line
 */

/** Return the id of the line whose quantity has grown, or null. @param {Sale} before @param {Sale} after */
export function grownLine(before, after) {
  const quantities = new Map(before.lines.map(({ id, quantity }) => [id, quantity]));
  return after.lines.find(({ id, quantity }) => quantity > (quantities.get(id) ?? 0))?.id ?? null;
}

export class SaleLines {
  #store;
  #showError;
  /** The line that was removed last, and where it stood. @type {{saleId: string, line: Line, index: number} | null} */
  #removed = null;
  /** @type {string | null} */
  #newestId = null;

  /** @param {{store: import("./sale-store.js").SaleStore, showError: (text: string) => void}} options */
  constructor({ store, showError }) {
    this.#store = store;
    this.#showError = showError;
    byId("undo-button").addEventListener("click", () => this.#undo());
  }

  /** Mark the line that was added or increased last. @param {string} id */
  markNewest(id) {
    this.#newestId = id;
    if (this.#removed?.line.id === id) this.#removed = null;
  }

  /** Another sale is on screen: forget what belongs to the one before. */
  reset() {
    this.#removed = null;
    this.#newestId = null;
  }

  /** @param {Sale} sale */
  render(sale) {
    const list = byId("lines");
    list.hidden = sale.lines.length === 0;
    updateChildren(
      list,
      sale.lines.map((line) => this.#renderLine(line)),
      byId("sale-title"),
    );
    const removed = this.#removed?.saleId === sale.id && isEditable(sale) ? this.#removed.line : null;
    byId("undo").hidden = removed === null;
    byId("undo-text").textContent = removed ? `Removed: ${removed.quantity} × ${isolate(removed.name)}` : "";
  }

  /** Bring the newest line into view. */
  showNewest() {
    byId("lines").querySelector(".newest")?.scrollIntoView({ block: "nearest" });
  }

  /** @param {Line} line */
  #renderLine(line) {
    const { id, name, cents, quantity } = line;
    /** @param {string} key @param {string} text @param {string} label @param {number} wanted */
    const button = (key, text, label, wanted) =>
      el(
        "button",
        {
          type: "button",
          "data-key": `${id} ${key}`,
          "aria-label": label,
          disabled: key !== "remove" && (wanted < 1 || wanted > MAX_QUANTITY),
          onclick: () => (wanted > 0 ? this.#set(line, wanted) : this.#remove(line)),
        },
        text,
      );
    return el(
      "li",
      { class: id === this.#newestId ? "line newest" : "line", "data-product": id },
      el(
        "span",
        { class: "line-name" },
        el("b", {}, el("bdi", {}, name)),
        el("small", {}, `${formatMoney(cents)} each`),
      ),
      el("span", { class: "line-total amount" }, formatMoney(cents * quantity)),
      el(
        "span",
        { class: "stepper", role: "group", "aria-label": `Quantity of ${isolate(name)}` },
        button("less", "−", `One ${isolate(name)} less`, quantity - 1),
        this.#renderQuantity(line),
        button("more", "+", `One ${isolate(name)} more`, quantity + 1),
      ),
      button("remove", "✕", `Remove ${isolate(name)}`, 0),
    );
  }

  /** @param {Line} line */
  #renderQuantity(line) {
    const input = /** @type {HTMLInputElement} */ (
      el("input", {
        class: "quantity",
        type: "text",
        inputmode: "numeric",
        autocomplete: "off",
        value: String(line.quantity),
        "aria-label": `Quantity of ${isolate(line.name)}`,
        "data-key": `${line.id} quantity`,
      })
    );
    const commit = () => {
      if (input.isConnected && input.value.trim() !== String(line.quantity)) this.#enter(line, input);
    };
    input.addEventListener("focus", () => input.select());
    input.addEventListener("change", commit);
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !isComposing(event)) commit();
    });
    return input;
  }

  /** Take a typed quantity, in the digits of any script. @param {Line} line @param {HTMLInputElement} input */
  #enter(line, input) {
    const text = toAsciiDigits(input.value).trim();
    const quantity = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
    if (quantity === 0) this.#remove(line);
    else if (quantity <= MAX_QUANTITY) this.#set(line, quantity);
    else {
      input.value = String(line.quantity);
      input.select();
      this.#showError(`Enter a quantity from 1 to ${MAX_QUANTITY}. It is still ${line.quantity}.`);
    }
  }

  /** @param {Line} line @param {number} quantity */
  #set({ id }, quantity) {
    this.#store.apply(this.#store.current.id, { type: "quantity", id, quantity });
  }

  /** @param {Line} line */
  #remove({ id }) {
    const { id: saleId, lines } = this.#store.current;
    const index = lines.findIndex((known) => known.id === id);
    if (index < 0) return;
    this.#removed = { saleId, line: lines[index], index };
    this.#store.apply(saleId, { type: "quantity", id, quantity: 0 });
  }

  #undo() {
    if (!this.#removed) return;
    const { saleId, line, index } = this.#removed;
    this.#removed = null;
    this.#store.apply(saleId, { type: "insert", line, index });
    byId("sale-title").focus({ preventScroll: true });
  }
}
