/** Views whose modules are fetched when they are needed, to keep the first view light. */

import { el } from "../client/dom.js";
import { ShopError } from "../client/errors.js";
import { pageSkeleton } from "./components.js";

/** @import { Context, View } from "./context.js" */

/** @type {Promise<unknown>|null} */
let stylesLoading = null;

/** Fetch the styles that all lazy views share, once; after a failure again. */
function fetchStyles() {
  stylesLoading ??= new Promise((resolve, reject) => {
    const fail = () => {
      stylesLoading = null;
      link.remove();
      reject(new Error("no styles"));
    };
    const link = el("link", { rel: "stylesheet", href: "/static/shop/views.css", onload: resolve, onerror: fail });
    document.head.append(link);
  });
  return stylesLoading;
}

/**
 * Return a view that fetches its module on first use; `prefetch()` fetches it before.
 * @template {string} Name
 * @param {() => Promise<Record<Name, (context: Context) => View>>} fetchModule
 * @param {Name} name The view's name in the module.
 * @param {string} title The title until the module is here.
 * @param {Context} context
 * @returns {View & {prefetch: () => void}}
 */
export function lazyView(fetchModule, name, title, context) {
  const fetchAll = async () => (await Promise.all([fetchModule(), fetchStyles()]))[0];
  let isLoaded = false;
  /** @type {View} */
  const view = async (page) => {
    // On a slow network a click must be seen to do something.
    if (!isLoaded) page.show(title, ...pageSkeleton(title));
    const module = await fetchAll().catch(() => {
      throw new ShopError("network", { message: "module" });
    });
    isLoaded = true;
    if (!page.signal.aborted) await module[name](context)(page);
  };
  // A failure to prefetch shows when the view is opened.
  return Object.assign(view, { prefetch: () => void fetchAll().catch(() => {}) });
}
