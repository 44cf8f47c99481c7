/** What staff do with the sale on screen: add articles, choose a customer, cancel, print. */

import { declineMessageOf } from "../client/card.js";
import { isolate } from "../client/dom.js";
import { isShopError } from "../client/errors.js";
import { formatMoney } from "../client/money.js";
import { hasCardNumber, likeliestCode } from "./barcode.js";
import { beep } from "./beep.js";
import { cancelQuestion, priceChangeMessage, refusalMessage } from "./messages.js";
import { confirm, openReceipt, showError, showToast } from "./overlay.js";
import { readOrderAddress, receiptOfOrder } from "./receipt.js";
import { statusOf } from "./report.js";
import { isAbandoned, isEditable, isUnsettled, totalCents } from "./sale.js";
import { refusalOf } from "./sale-transitions.js";

/**
 * @typedef {import("./sale.js").Sale} Sale
 * @typedef {import("../client/types.js").Product} Product
 */

export class SaleActions {
  #shop;
  #store;
  #catalog;
  #sender;
  #customers;

  /**
   * @param {{
   *   shop: import("../client/api.js").Api,
   *   store: import("./sale-store.js").SaleStore,
   *   catalog: import("./catalog.js").Catalog,
   *   sender: import("./order-sender.js").OrderSender,
   *   customers: import("./customers.js").Customers,
   * }} options
   */
  constructor({ shop, store, catalog, sender, customers }) {
    this.#shop = shop;
    this.#store = store;
    this.#catalog = catalog;
    this.#sender = sender;
    this.#customers = customers;
  }

  /** Ask, then cancel the sale; an attempt that may have arrived is looked up first. */
  async cancelSale() {
    const sale = this.#store.current;
    if (!(await confirm(cancelQuestion(sale)))) return;
    this.#sender.deleteCard(sale.id);
    this.#store.apply(sale.id, { type: "withdraw" });
    this.#sender.retryNow();
  }

  chooseCustomer() {
    const sale = this.#store.current;
    if (!isEditable(sale)) return;
    if (isUnsettled(sale)) {
      showError("The last attempt went out for this customer and may still arrive. Charge it, or cancel the sale.");
      return;
    }
    this.#customers.open((customer) => this.#store.apply(sale.id, { type: "customer", customer }));
  }

  /** Print the receipt on screen, with the shop's own record of the sale if it answers. */
  async printReceipt() {
    await this.#sender.readRecord(this.#store.current.id);
    window.print();
  }

  /**
   * Add a product to the sale on screen; returns whether it was added. A paid or abandoned
   * sale makes room for the next.
   * @param {Product} product @param {number} quantity
   */
  add(product, quantity) {
    const store = this.#store;
    if (store.current.state === "paid" || isAbandoned(store.current)) store.next();
    const sale = store.current;
    if (!isEditable(sale)) {
      showError("This sale is on its way to the shop. Turn to the next customer (F9), then add articles.");
      return false;
    }
    const refusal = refusalOf(sale, product.id, quantity);
    if (refusal) {
      showError(refusalMessage(refusal, product.name));
      return false;
    }
    store.apply(sale.id, { type: "add", product, quantity });
    beep(true);
    const count = quantity > 1 ? `${quantity} × ` : "";
    showToast(`${count}${isolate(product.name)} added, ${formatMoney(totalCents(store.current))} in all`);
    return true;
  }

  /**
   * Add what was scanned; returns whether it was. A code this till does not know is looked up
   * in the shop once.
   * @param {import("./scanner.js").Reading[]} readings @param {number} count What was typed before the scan.
   */
  async addScanned(readings, count) {
    const known = this.#findScanned(readings);
    if (known) return this.add(known.product, known.quantity ?? count);
    if (readings.some(({ code }) => hasCardNumber(code))) {
      // It is neither shown nor sent: a look-up would write it into logs.
      showError(
        "That was a card, not a product. Take payment, touch the field for the card number, then read the card.",
      );
      return false;
    }
    const saleId = this.#store.current.id;
    const code = likeliestCode(readings);
    const shown = isolate(code.slice(0, 40));
    try {
      const product = await this.#shop.findProduct(code);
      // One with this EAN may be new.
      if (product) this.#catalog.add(product);
      else await this.#catalog.load();
      const found = this.#findScanned(readings);
      if (!found) showError(`No product has the code ${shown}. Search for it by name.`);
      else if (saleId === this.#store.current.id) return this.add(found.product, found.quantity ?? count);
      else showError(`${isolate(found.product.name)} was found too late for its customer. Scan it again.`);
    } catch (failure) {
      if (!isShopError(failure)) throw failure;
      showError(`The code ${shown} is not known here, and the shop does not answer. Search for the product by name.`);
    }
    return false;
  }

  /** Open the receipt whose QR code was scanned; returns whether it was one. @param {import("./scanner.js").Reading[]} readings */
  async openScannedReceipt(readings) {
    const found = readings.map(({ code }) => readOrderAddress(code)).find(Boolean);
    if (!found) return false;
    try {
      const order = await this.#shop.getOrder(found.userId, found.orderId);
      const status = statusOf(order);
      if (status === "paid") openReceipt(receiptOfOrder(order));
      else if (status === "declined") showError(`Declined: ${declineMessageOf(order)}`);
      else if (status === "unknown") showError(`The shop says of this order: ${isolate(order.status)}.`);
      else showError("This order is not decided yet.");
    } catch (failure) {
      if (!isShopError(failure)) throw failure;
      showError(
        failure.status === 404 ? "The shop has no such order." : "The shop does not answer. Scan the receipt again.",
      );
    }
    return true;
  }

  /**
   * Return the product of a scan, with the count that came in it or null; null if none is known.
   * @param {import("./scanner.js").Reading[]} readings
   */
  #findScanned(readings) {
    for (const { code, quantity } of readings) {
      const product = this.#catalog.find(code);
      if (product) return { product, quantity: quantity > 1 ? quantity : null };
    }
    return null;
  }

  /** The shop refused the total: take its prices and say what has changed. @param {Sale} sale */
  async takePrices(sale) {
    await this.#catalog.load();
    const current = this.#store.read(sale.id);
    if (!current || !this.#catalog.isLoaded) return;
    /** @param {Sale["notice"]} notice */
    const reprice = (notice) => this.#store.apply(sale.id, { type: "reprice", products: this.#catalog.byId, notice });
    reprice(current.notice);
    const after = this.#store.read(sale.id);
    if (!after || (totalCents(after) === totalCents(sale) && after.lines.length === sale.lines.length)) return;
    reprice({ tone: "wait", code: "repriced", text: priceChangeMessage(sale, after) });
  }
}
