/**
 * Views by address. The address is the part behind `#`, so that back and forward work, a link
 * can be sent to a friend, and any server of plain files can serve the page.
 */

import { isShopError } from "../client/errors.js";

const PLACES = "acme-shop.scroll";

/** Return `{path, query}` of an address like `#/product/42?from=home`. */
export function readAddress(hash) {
  const [path, query = ""] = hash.replace(/^#/, "").split("?");
  const segments = path.split("/").filter(Boolean);
  return { path: segments.map(unquoted), query: new URLSearchParams(query) };
}

function unquoted(segment) {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment; // Typed by hand, and not quite an address.
  }
}

export class Router {
  #leaving = null;
  #isFirst = true;
  #place = "";
  #places = new Map();

  /**
   * @param {object} options
   * @param {HTMLElement} options.main Where views are shown.
   * @param {(path: string[]) => Function} options.viewOf Returns what shows an address.
   * @param {(failure: Error, again: () => void) => object} options.onFailure Returns the view
   *   of a failure: `{title, nodes}`, or null when it went somewhere else.
   * @param {(title: string) => void} options.onShown
   */
  constructor({ main, viewOf, onFailure, onShown }) {
    Object.assign(this, { main, viewOf, onFailure, onShown });
  }

  start() {
    history.scrollRestoration = "manual";
    try {
      this.#places = new Map(JSON.parse(sessionStorage.getItem(PLACES)));
    } catch {
      // Nothing kept: every page starts at its top.
    }
    addEventListener("hashchange", () => this.#navigate());
    addEventListener("pagehide", () => this.#remember());
    this.#navigate();
  }

  /** The segments of what is shown, or about to be. */
  get path() {
    return readAddress(location.hash).path;
  }

  /** Go to an address; `isReplacing` leaves no way back to this one. */
  go(address, { isReplacing = false } = {}) {
    if (address === location.hash) this.#navigate();
    else if (isReplacing) location.replace(address);
    else location.hash = address;
  }

  /** Change the address of what is shown without showing anything anew. */
  rename(address) {
    history.replaceState(history.state, "", address);
  }

  /** Show the current address again. */
  again() {
    this.#navigate();
  }

  #remember() {
    this.#places.set(this.#place, scrollY);
    try {
      sessionStorage.setItem(PLACES, JSON.stringify([...this.#places].slice(-50)));
    } catch {
      // Then a reload starts at the top.
    }
  }

  /** Entries of the history get a name, so that each keeps its own place on the page. */
  #arrive() {
    if (this.#place) this.#remember();
    const known = history.state?.place;
    this.#place = known ?? crypto.getRandomValues(new Uint32Array(1))[0].toString(36);
    if (!known) history.replaceState({ place: this.#place }, "");
    return known ? this.#places.get(known) ?? 0 : 0;
  }

  async #navigate() {
    this.#leaving?.abort();
    this.#leaving = new AbortController();
    const { signal } = this.#leaving;
    const top = this.#arrive();
    const { path, query } = readAddress(location.hash);
    const isArrival = this.#isFirst;
    this.#isFirst = false;
    let isShown = false;
    const show = (title, ...nodes) => {
      if (signal.aborted) return;
      this.#put(title, nodes, { isArrival, isNew: !isShown });
      if (!isShown || scrollY < top) scrollTo(0, top);
      isShown = true;
    };
    try {
      await this.viewOf(path)({ path, query, signal, show, retitle: this.onShown });
    } catch (failure) {
      if (signal.aborted) return;
      if (!isShopError(failure)) throw failure;
      const view = this.onFailure(failure, () => this.#navigate());
      if (view) show(view.title, ...view.nodes);
    }
  }

  /** Focus goes to the heading of what is new, unless somebody has just opened the page. */
  #put(title, nodes, { isArrival, isNew }) {
    const { activeElement } = document;
    const isIdle = activeElement === document.body || this.main.contains(activeElement);
    this.main.replaceChildren(...nodes);
    this.onShown(title);
    const heading = this.main.querySelector("h1");
    heading?.setAttribute("tabindex", "-1");
    if (!isArrival && (isNew || isIdle)) heading?.focus({ preventScroll: true });
  }
}
