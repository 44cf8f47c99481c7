/**
 * Views by address. The address is the part behind `#`, so that any server of plain files can serve
 * the page. A product also has a path of its own, `/products/<id>`, whose page the shop makes: a link
 * to it that is sent to others has a preview. Inside the page it is `#/product/<id>` as well.
 */

import { isShopError } from "../client/errors.js";

/** @import { View } from "./context.js" */

const SCROLL_KEY = "acme-shop.scroll";

/** An address that changes while the shopper types is written after a pause of this length. */
const ADDRESS_PAUSE_MS = 300;

/** Of so many history entries the scroll position is stored. */
const MAX_ENTRIES = 50;

/** So many pixels a page moves when its placeholders go. */
const MAX_SHIFT = 100;

/** Return `{path, query}` of an address like `#/product/42?from=home`. @param {string} hash */
export function readAddress(hash) {
  const [path = "", query = ""] = hash.replace(/^#/, "").split("?");
  const segments = path.split("/").filter(Boolean);
  return { path: segments.map(decodeSegment), query: new URLSearchParams(query) };
}

/** @param {string} segment */
function decodeSegment(segment) {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment; // Typed by hand, with a stray %.
  }
}

/** The path of the storefront, where no product is. */
const HOME = "/";

/** Return the address that is shown. */
export function currentAddress() {
  if (location.hash.startsWith("#/") || location.pathname === HOME) return location.hash;
  const id = /^\/products\/([^/]+)\/?$/.exec(location.pathname)?.[1];
  return id ? `#/product/${id}` : "#/not-found";
}

/** Return what the browser shows for an address. @param {string} address */
function urlOf(address) {
  const id = /^#\/product\/([^/?]+)$/.exec(address)?.[1];
  return id ? `/products/${id}` : HOME + address;
}

export class Router {
  /** @type {AbortController|null} */
  #controller = null;
  #isFirst = true;
  #entryId = "";
  #href = "";
  /** @type {string|null} */
  #nextAddress = null;
  #addressTimer = 0;
  /** @type {Map<string, number>} */
  #scrollTops = new Map();
  #main;
  #viewOf;
  #onFailure;
  #onShown;

  /**
   * @param {object} options
   * @param {HTMLElement} options.main Where views are shown.
   * @param {(path: string[]) => View} options.viewOf Returns the view of an address.
   * @param {(failure: unknown, retry: () => void) => {title: string, nodes: HTMLElement[]}|null} options.onFailure
   *   Returns the view of a failure, or null when it went to another address.
   * @param {(title: string) => void} options.onShown
   */
  constructor({ main, viewOf, onFailure, onShown }) {
    this.#main = main;
    this.#viewOf = viewOf;
    this.#onFailure = onFailure;
    this.#onShown = onShown;
  }

  start() {
    history.scrollRestoration = "manual";
    try {
      this.#scrollTops = new Map(JSON.parse(sessionStorage.getItem(SCROLL_KEY) ?? "[]"));
    } catch {
      // Nothing stored: every page starts at its top.
    }
    // Browsers dispatch one of them or both.
    for (const type of ["hashchange", "popstate"]) addEventListener(type, () => this.#onMove());
    addEventListener("click", (event) => this.#onClick(event));
    addEventListener("pagehide", () => this.#saveScroll());
    // Before a link is followed: afterwards it would be the address of the next entry.
    addEventListener("click", () => this.#flushAddress(), { capture: true });
    this.#navigate();
  }

  /** The segments of the address that is shown, or about to be. */
  get path() {
    return readAddress(currentAddress()).path;
  }

  /** Go to an address; `isReplacing` leaves no way back to the current one. @param {string} address @param {{isReplacing?: boolean}} [options] */
  go(address, { isReplacing = false } = {}) {
    this.#flushAddress();
    if (address !== currentAddress()) {
      // Not location.replace: WebKit would keep the state, and with it the scroll position, of the old entry.
      if (isReplacing) history.replaceState(null, "", urlOf(address));
      else history.pushState(null, "", urlOf(address));
    }
    this.#navigate();
  }

  /** Follow a link to one of our addresses without loading the page anew. @param {MouseEvent} event */
  #onClick(event) {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (!link || !isPlain || event.defaultPrevented || link.target || link.origin !== location.origin) return;
    const id = /^\/products\/([^/]+)$/.exec(link.pathname)?.[1];
    const isView = link.hash.startsWith("#/") && link.getAttribute("href")?.replace(/^\//, "").startsWith("#/");
    if (!id && !isView) return;
    event.preventDefault();
    this.go(isView ? link.hash : `#/product/${id}`);
  }

  #onMove() {
    if (location.href === this.#href && history.state?.entryId === this.#entryId) return;
    this.#navigate();
  }

  /**
   * Change the address without showing another view, a moment later: while the shopper types, one
   * change is enough.
   * @param {string} address
   */
  replaceAddress(address) {
    this.#nextAddress = address;
    clearTimeout(this.#addressTimer);
    this.#addressTimer = setTimeout(() => this.#flushAddress(), ADDRESS_PAUSE_MS);
  }

  /** Store something in the current entry of the history, for when the shopper comes back. @param {Record<string, unknown>} changes */
  updateEntry(changes) {
    history.replaceState({ ...history.state, ...changes }, "");
  }

  /** Change the address now if it was to be changed soon. */
  #flushAddress() {
    clearTimeout(this.#addressTimer);
    if (this.#nextAddress === null) return;
    try {
      history.replaceState(history.state, "", urlOf(this.#nextAddress));
    } catch {
      // WebKit allows a hundred changes in ten seconds; the next one will do.
    }
    this.#nextAddress = null;
  }

  /** Show the current address again. */
  reload() {
    this.#navigate();
  }

  #saveScroll() {
    this.#scrollTops.set(this.#entryId, scrollY);
    try {
      sessionStorage.setItem(SCROLL_KEY, JSON.stringify([...this.#scrollTops].slice(-MAX_ENTRIES)));
    } catch {
      // Then a reload starts at the top.
    }
  }

  /** Give the history entry an id, and return where it was scrolled to when it was left. */
  #enterHistory() {
    if (this.#entryId) this.#saveScroll();
    /** @type {string|undefined} */
    const known = history.state?.entryId;
    this.#entryId = known ?? crypto.getRandomValues(new Uint32Array(2)).join("-");
    if (!known) history.replaceState({ entryId: this.#entryId }, "");
    return known ? (this.#scrollTops.get(known) ?? 0) : 0;
  }

  async #navigate() {
    this.#controller?.abort();
    this.#controller = new AbortController();
    clearTimeout(this.#addressTimer);
    this.#nextAddress = null;
    const { signal } = this.#controller;
    const top = this.#enterHistory();
    const { path, query } = readAddress(currentAddress());
    this.#href = location.href;
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    let isShown = false;
    let reached = 0;
    /** @param {string} title @param {(Node|string)[]} nodes */
    const show = (title, ...nodes) => {
      if (signal.aborted) return;
      this.#render(title, nodes, { isFirst, isNew: !isShown });
      if (!isShown || scrollY < top) scrollTo(0, top);
      isShown = true;
      reached = top && scrollY;
    };
    try {
      await this.#viewOf(path)({ path, query, entry: history.state ?? {}, signal, show, setTitle: this.#onShown });
      // After a reload the view may have grown under its placeholders; who has scrolled meanwhile stays there.
      const isThere = Math.abs(scrollY - reached) < MAX_SHIFT;
      if (reached < top && isThere && !signal.aborted) scrollTo(0, top);
    } catch (failure) {
      if (signal.aborted) return;
      const view = this.#onFailure(failure, () => this.#navigate());
      if (view) show(view.title, ...view.nodes);
      // A mistake of the page: told to the shopper, and to developers in the console.
      if (!isShopError(failure)) throw failure;
    }
  }

  /** Show nodes and focus their heading, unless the page was just opened or the focus is elsewhere. @param {string} title @param {(Node|string)[]} nodes @param {{isFirst: boolean, isNew: boolean}} state */
  #render(title, nodes, { isFirst, isNew }) {
    const { activeElement } = document;
    const isIdle = activeElement === document.body || this.#main.contains(activeElement);
    this.#main.replaceChildren(...nodes);
    this.#onShown(title);
    const heading = this.#main.querySelector("h1");
    heading?.setAttribute("tabindex", "-1");
    if (!isFirst && (isNew || isIdle)) heading?.focus({ preventScroll: true });
  }
}
