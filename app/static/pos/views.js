/** The three views of the till, of which narrow screens show one: catalog, sale and today's report. */

import { byId } from "../client/dom.js";

/** @typedef {"catalog" | "sale" | "today"} View */

export class Views {
  #onToday;

  /** @param {{onToday: () => void}} options `onToday` is called each time the report comes into view. */
  constructor({ onToday }) {
    this.#onToday = onToday;
    for (const button of buttons()) {
      button.addEventListener("click", () => {
        const view = /** @type {View} */ (button.dataset.view);
        this.show(view);
        if (view === "sale") byId("sale-title").focus({ preventScroll: true });
        if (view === "catalog") this.showCatalog();
      });
    }
  }

  /** The view on screen, undefined before the first one. @returns {string | undefined} */
  get current() {
    return document.body.dataset.view;
  }

  /** @param {View} view */
  show(view) {
    document.body.dataset.view = view;
    byId("today").hidden = view !== "today";
    for (const button of buttons()) {
      button.setAttribute("aria-current", button.dataset.view === view ? "page" : "false");
    }
    if (view !== "today") return;
    this.#onToday();
    byId("today-title").focus({ preventScroll: true });
  }

  /** Go back to the catalog, unless the report is being read. */
  showCatalog() {
    if (this.current !== "today") this.show("catalog");
    if (matchMedia("(pointer: fine)").matches) byId("search").focus({ preventScroll: true });
  }

  /** Go to the search, with what is in it selected. */
  showSearch() {
    this.show("catalog");
    const input = /** @type {HTMLInputElement} */ (byId("search"));
    input.focus();
    input.select();
  }
}

/** @returns {NodeListOf<HTMLButtonElement>} */
const buttons = () => document.querySelectorAll("button[data-view]");
