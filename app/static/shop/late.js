/** Views that are fetched when they are wanted: looking around must be light. */

import { el } from "../client/dom.js";
import { ShopError } from "../client/errors.js";
import { pageSkeleton } from "./pieces.js";

let styling = null;

/** Fetch what all late views look like, once; after a failure again. */
function fetchStyles() {
  styling ??= new Promise((resolve, reject) => {
    const fail = () => {
      styling = null;
      link.remove();
      reject(new Error("no styles"));
    };
    const link = el("link", { rel: "stylesheet", href: "/static/shop/rooms.css", onload: resolve, onerror: fail });
    document.head.append(link);
  });
  return styling;
}

/**
 * Return a view whose module comes late. `parts` are what every view may ask for.
 * @param {() => Promise<object>} fetchModule @param {string} name What the module calls the view.
 * @param {string} title What the page is called meanwhile. @param {object} parts
 */
export function lateView(fetchModule, name, title, parts) {
  const fetchAll = async () => (await Promise.all([fetchModule(), fetchStyles()]))[0];
  let isHere = false;
  const view = async (page) => {
    // On a thin wire the click must be seen to do something.
    if (!isHere) page.show(title, ...pageSkeleton(title));
    const module = await fetchAll().catch(() => {
      throw new ShopError("network", { message: "module" });
    });
    isHere = true;
    if (!page.signal.aborted) await module[name](parts)(page);
  };
  // Whoever points at a link is about to follow it; a failure shows when they do.
  return Object.assign(view, { warm: () => fetchAll().catch(() => {}) });
}
