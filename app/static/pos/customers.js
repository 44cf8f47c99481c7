/** Choosing who buys: everybody the shop knows, or a walk-in. */

import { byId, el, showText } from "../client/dom.js";
import { isShopError } from "../client/errors.js";
import { matchesAllWords } from "../client/search.js";
import { WALK_IN } from "./sale.js";

/** More hits than this are no help; another letter is. */
const MAX_SHOWN = 30;

/** Return the people whose name, login or email contains all words of `text`. */
function findCustomers(people, text) {
  return people.filter(({ firstname, lastname, username, email }) =>
    matchesAllWords(`${firstname} ${lastname} ${username} ${email}`, text),
  );
}

export class Customers {
  #people = null;
  #choose = null;

  constructor({ shop }) {
    this.shop = shop;
    this.dialog = byId("customers");
    byId("customer-search").addEventListener("input", () => this.#render());
    byId("customer-search").addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      // The first hit, and the walk-in only as long as nothing was typed.
      const buttons = byId("customer-list").querySelectorAll("button");
      (buttons[byId("customer-search").value.trim() ? 1 : 0] ?? null)?.click();
    });
  }

  /** Open the list; `choose(customer)` is called once if somebody is chosen. */
  open(choose) {
    this.#choose = choose;
    byId("customer-search").value = "";
    this.#render();
    this.dialog.showModal();
    byId("customer-search").focus();
    this.#load();
  }

  /** Forget everybody: another person of the staff may follow. */
  clear() {
    this.#people = null;
  }

  async #load() {
    try {
      this.#people = await this.shop.listUsers();
      this.#render();
    } catch (failure) {
      if (!isShopError(failure)) throw failure;
      if (!this.#people) showText(byId("customer-note"), "The shop does not answer. A walk-in is always welcome.");
    }
  }

  #render() {
    const typed = byId("customer-search").value;
    const hits = findCustomers(this.#people ?? [], typed);
    byId("customer-list").replaceChildren(
      this.#row(WALK_IN, "Walk-in", "Nobody in particular, everybody in general"),
      ...hits.slice(0, MAX_SHOWN).map((person) =>
        this.#row(person, `${person.firstname} ${person.lastname}`, person.email || person.username),
      ),
    );
    let note = "";
    if (!this.#people) note = "Fetching the members …";
    else if (!hits.length) note = "Nobody by that name. Yet.";
    else if (hits.length > MAX_SHOWN) note = `${hits.length - MAX_SHOWN} more. Another letter will thin them out.`;
    showText(byId("customer-note"), note);
  }

  #row({ id, firstname, lastname, email }, name, hint) {
    const choose = () => {
      this.dialog.close();
      this.#choose?.({ id, firstname, lastname, email: email ?? "" });
    };
    return el(
      "li",
      {},
      el("button", { type: "button", class: "customer-option", "data-user": id, onclick: choose }, el("b", {}, name), el("small", {}, hint)),
    );
  }
}
