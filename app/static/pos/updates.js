/**
 * The till's service worker (service-worker.js), and when a new release takes over: while no sale is
 * open, and after a pause in which no key or touch came, so that the reload costs no scan.
 */

import { isDialogOpen } from "./overlay.js";
import { isBlank, needsThisPage } from "./sale.js";

/** How long the till must be untouched before it reloads. */
const IDLE_MS = 10_000;

/** How often the browser asks for a new release; it also asks when the page is loaded. */
const CHECK_MS = 10 * 60_000;

/** Fields whose text a reload would lose. */
const FIELDS = "#search, #username, #password, #pin, #lock-secret";

/**
 * Whether a reload would interrupt nothing: no sale, no dialog, nothing typed, no report on screen.
 * @param {import("./sale-store.js").SaleStore} store
 */
function isBetweenSales(store) {
  const isQuiet = isBlank(store.current) && !store.all.some((sale) => needsThisPage(sale, store));
  const fields = /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll(FIELDS));
  return (
    isQuiet && !isDialogOpen() && document.body.dataset.view !== "today" && [...fields].every((field) => !field.value)
  );
}

export class Updates {
  #store;
  /** @type {ServiceWorkerRegistration | null} */
  #registration = null;
  #touchedAt = -Infinity;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {{store: import("./sale-store.js").SaleStore}} options */
  constructor({ store }) {
    this.#store = store;
  }

  /** Register the worker; does nothing where the browser has none, or may not keep anything. */
  async start() {
    // Browsers have service workers only over https and on this very machine.
    if (!navigator.serviceWorker) return;
    for (const type of ["keydown", "pointerdown"]) {
      addEventListener(type, () => this.#onTouch(), { capture: true, passive: true });
    }
    // The first worker of all takes charge of a page that is of its release already.
    let hadWorker = navigator.serviceWorker.controller !== null;
    navigator.serviceWorker.addEventListener("controllerchange", () => {
      if (hadWorker) location.reload();
      hadWorker = true;
    });
    try {
      this.#registration = await navigator.serviceWorker.register("/static/pos/service-worker.js", {
        scope: "/pos",
        updateViaCache: "none",
      });
    } catch {
      return;
    }
    this.#registration?.addEventListener("updatefound", () => this.#watch());
    this.#watch();
    setInterval(() => this.check(), CHECK_MS);
    this.takeIfFree();
  }

  /** Ask the shop for a new release. */
  async check() {
    try {
      await this.#registration?.update();
    } catch {
      // No network, or a release that is only half out: the next check asks again.
    }
  }

  /** Let a new release take over if there is one and nothing goes on; else look again later. */
  takeIfFree() {
    clearTimeout(this.#timer);
    const next = this.#registration?.waiting;
    if (!next || !navigator.serviceWorker.controller) return;
    const idleMs = performance.now() - this.#touchedAt;
    if (isBetweenSales(this.#store) && idleMs >= IDLE_MS) next.postMessage("take over");
    else this.#timer = setTimeout(() => this.takeIfFree(), Math.max(IDLE_MS - idleMs, 1000));
  }

  #onTouch() {
    this.#touchedAt = performance.now();
  }

  #watch() {
    const worker = this.#registration?.installing;
    worker?.addEventListener("statechange", () => worker.state === "installed" && this.takeIfFree());
  }
}
