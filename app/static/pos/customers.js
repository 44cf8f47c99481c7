/** Choosing the customer of a sale: any user of the shop, or a walk-in. */

import { byId, el, showText } from "../client/dom.js";
import { isShopError, waitText } from "../client/errors.js";
import { matchesAllWords } from "../client/search.js";
import { Combobox } from "./combobox.js";
import { fullName, WALK_IN } from "./sale.js";

/**
 * @typedef {import("./sale.js").Customer} Customer
 * @typedef {Customer & {username: string}} User
 */

/** Longer lists are slow to read; the note under the list says how many more there are. */
const MAX_SHOWN = 30;

/** Return the users whose name, login or email contains all words of a text. @param {User[]} users @param {string} text */
function findUsers(users, text) {
  return users.filter(({ firstname, lastname, username, email }) =>
    matchesAllWords(`${firstname} ${lastname} ${username} ${email}`, text),
  );
}

export class Customers {
  #shop;
  #dialog = /** @type {HTMLDialogElement} */ (byId("customers"));
  #search = /** @type {HTMLInputElement} */ (byId("customer-search"));
  #combobox;
  /** @type {User[] | null} */
  #users = null;
  /** @type {Customer[]} */
  #shown = [];
  /** @type {(customer: Customer) => void} */
  #onChoose = () => {};

  /** @param {{shop: import("../client/api.js").Api}} options */
  constructor({ shop }) {
    this.#shop = shop;
    this.#search.addEventListener("input", () => this.#render());
    this.#combobox = new Combobox({
      input: this.#search,
      list: byId("customer-list"),
      onPick: (option) => this.#pick(option),
    });
  }

  /** Whether the list has not come yet. */
  get isLoading() {
    return this.#users === null;
  }

  /** Open the list; `onChoose` is called once if a customer is chosen. @param {(customer: Customer) => void} onChoose */
  open(onChoose) {
    this.#onChoose = onChoose;
    this.#search.value = "";
    this.#render();
    this.#dialog.showModal();
    this.#search.focus();
    this.#load();
  }

  /** Read the names of customers again, which a sign-out has removed from this browser. @param {import("./sale-store.js").SaleStore} store */
  async restoreNames(store) {
    for (const { id, customer } of store.all) {
      if (customer.id === WALK_IN.id || fullName(customer)) continue;
      try {
        const { firstname, lastname, email } = await this.#shop.getUser(customer.id);
        store.apply(id, { type: "customer", customer: { id: customer.id, firstname, lastname, email: email ?? "" } });
      } catch (failure) {
        if (!isShopError(failure)) throw failure;
      }
    }
  }

  /** Forget all users: another member of staff may follow. */
  clear() {
    this.#users = null;
    this.#shown = [];
    byId("customer-list").replaceChildren();
  }

  async #load() {
    try {
      this.#users = await this.#shop.listUsers();
      if (this.#dialog.open) this.#render();
    } catch (failure) {
      if (!isShopError(failure)) throw failure;
      if (!this.#users) {
        const reason = waitText(failure) || "The shop does not answer.";
        showText(byId("customer-note"), `${reason} Sell to a walk-in, or try again later.`);
      }
    }
  }

  #render() {
    const typed = this.#search.value.trim();
    const hits = findUsers(this.#users ?? [], typed);
    this.#shown = [WALK_IN, ...hits.slice(0, MAX_SHOWN)];
    const options = this.#shown.map((customer, index) => this.#renderOption(customer, index));
    byId("customer-list").replaceChildren(...options);
    // The first hit is marked once a name is typed, or when a sale gets its first customer.
    this.#combobox.mark(typed ? (hits.length ? 1 : -1) : 0);
    let note = "";
    if (!this.#users) note = "Loading the customers …";
    else if (!hits.length) note = "No customer has this name or email.";
    else if (hits.length > MAX_SHOWN)
      note = `${hits.length - MAX_SHOWN} more. Type more of the name to narrow the list.`;
    showText(byId("customer-note"), note);
  }

  /** @param {HTMLElement | null} option */
  #pick(option) {
    const customer = this.#shown[Number(option?.dataset.index ?? -1)];
    if (!customer) return;
    const { id, firstname, lastname, email } = customer;
    this.#dialog.close();
    this.#onChoose({ id, firstname, lastname, email: email ?? "" });
  }

  /** @param {Customer & {username?: string}} customer @param {number} index */
  #renderOption(customer, index) {
    const isWalkIn = customer === WALK_IN;
    const login = customer.username ?? "";
    const name = isWalkIn ? "Walk-in" : `${customer.firstname} ${customer.lastname}`.trim();
    return el(
      "li",
      {
        id: `customer-option-${index}`,
        class: "customer-option",
        role: "option",
        tabindex: "0",
        "aria-selected": "false",
        "data-index": String(index),
        "data-user": customer.id,
      },
      el("b", {}, el("bdi", {}, name || login)),
      el("small", {}, isWalkIn ? "No customer account" : customer.email || login),
    );
  }
}
