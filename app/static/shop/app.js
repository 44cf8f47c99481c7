/** The storefront: puts its parts together. A client of the public API like any other. */

import { Api } from "../client/api.js";
import { OPEN_MODE } from "../client/api-client.js";
import { byId, el, isolate, showText } from "../client/dom.js";
import { isShopError } from "../client/errors.js";
import { liveRegion } from "../client/live-region.js";
import { Toast } from "../client/toast.js";
import { CartStore } from "./cart-store.js";
import { Catalog } from "./catalog.js";
import { button, linkButton, panel } from "./components.js";
import { lazyView } from "./lazy-view.js";
import { failureMessage, failurePanel, PAGE_FAILURE } from "./messages.js";
import { currentAddress, Router, readAddress } from "./router.js";
import { addressKey, attemptKey, changesKey, SESSION_KEY, storage } from "./storage.js";
import { homeView } from "./views/home.js";

/** @import { Product } from "../client/types.js" */
/** @import { Context, View } from "./context.js" */

const RETRIES = 2;
const TOAST_MS = 3500;

const api = new Api({ storageKey: SESSION_KEY, storage: () => localStorage, retries: RETRIES });
const cartStore = new CartStore({ api });
const catalog = new Catalog({ api });

// ---- messages

/** Say something to people who cannot see the page change. */
const announce = liveRegion(byId("status"));
const announceError = liveRegion(byId("alarm"));
const toast = new Toast(byId("toast"), { durationMs: TOAST_MS });

/** Show and announce an error; returns a function that takes it from the screen. @param {string} text */
function showError(text) {
  announceError(text);
  return toast.show("bad", text, dismissButton());
}

const dismissButton = () =>
  el("button", { type: "button", class: "dismiss", "aria-label": "Dismiss", onclick: () => toast.hide() }, "✕");

// ---- what views call

/** @param {string} next */
const goToLogin = (next) => router.go(`#/login?${new URLSearchParams({ next })}`, { isReplacing: true });

/**
 * Load the cart of the user who has just signed in, then go where they wanted to go. A user who
 * has gone elsewhere meanwhile stays there; at another log-in form they are signed in as well.
 * @param {string} next @param {AbortSignal} signal Of the view with the form.
 */
async function onSignedIn(next, signal) {
  showUser();
  try {
    await cartStore.load();
  } catch (failure) {
    if (!isShopError(failure)) throw failure;
    showError("You are in. The cart will follow when the shop answers.");
  }
  if (!signal.aborted) router.go(next, { isReplacing: true });
  else if (["login", "register"].includes(router.path[0] ?? "")) router.reload();
}

/** Add a product to the cart, and say so when the shop has it. @param {Product} product @param {number} [quantity] */
async function addToCart(product, quantity = 1) {
  try {
    await cartStore.add(product.id, quantity);
    const text = `${quantity > 1 ? `${quantity} × ` : ""}${isolate(product.name)} is in the cart.`;
    announce(text);
    toast.show("good", el("span", {}, text), el("a", { href: "#/cart" }, "View cart"), dismissButton());
  } catch (failure) {
    if (!isShopError(failure)) throw failure;
    showError(failureMessage(failure));
  }
}

/** @param {unknown} failure @param {() => void} retry */
function onFailure(failure, retry) {
  const isMistake = !isShopError(failure);
  if (!isMistake && failure.kind === "sign in" && failure.status === 401) {
    goToLogin(currentAddress());
    return null;
  }
  const { mood, title, text } = isMistake ? PAGE_FAILURE : failurePanel(failure);
  // A module that cannot be fetched may belong to a page the shop has replaced.
  const again = button("Try again", isMistake || failure.message === "module" ? () => location.reload() : retry);
  const isHome = router.path.length === 0;
  return { title, nodes: [panel(mood, title, text, again, isHome ? "" : linkButton("#/", "To the shelves", "plain"))] };
}

// ---- views

const router = new Router({
  main: byId("main"),
  viewOf: ([name = ""]) => views.get(name) ?? notFoundView,
  onFailure,
  onShown: (title) => {
    document.title = `${isolate(title)} · ACME Fitness`;
    toast.hide();
    const current = currentAddress().split(/[?/]/)[1] ?? "";
    for (const link of document.querySelectorAll("a[data-view]")) {
      if (link.getAttribute("data-view") === current) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  },
});

/** @type {Context} */
const context = { api, cartStore, catalog, router, announce, showError, goToLogin, onSignedIn, addToCart };

const lazyViews = {
  product: lazyView(() => import("./views/product.js"), "productView", "Product", context),
  cart: lazyView(() => import("./views/cart.js"), "cartView", "Cart", context),
  checkout: lazyView(() => import("./views/checkout.js"), "checkoutView", "Checkout", context),
  order: lazyView(() => import("./views/order.js"), "orderView", "Order", context),
  orders: lazyView(() => import("./views/orders.js"), "ordersView", "Your orders", context),
  login: lazyView(() => import("./views/sign-in.js"), "loginView", "Log in", context),
  register: lazyView(() => import("./views/sign-in.js"), "registerView", "Register", context),
};

/** @type {Map<string, View & {prefetch?: () => void}>} */
const views = new Map([["", homeView(context)], ...Object.entries(lazyViews)]);

/** @type {View} */
const notFoundView = ({ show }) =>
  show(
    "Not found",
    panel(
      "lost",
      "Off the track",
      "There is nothing at this address. Turn round, easy pace.",
      linkButton("#/", "To the shelves"),
    ),
  );

// ---- the bar at the top

function showUser() {
  const { user } = api;
  byId("log-in").hidden = Boolean(user);
  byId("user").hidden = !user;
  byId("user-name").textContent = user?.name ?? "";
}

function showCount() {
  const { count, lines } = cartStore;
  byId("cart-count").textContent = lines && count ? String(Math.min(count, 999)) : "";
  byId("cart-link").setAttribute("aria-label", lines ? `Cart, ${count === 1 ? "1 item" : `${count} items`}` : "Cart");
}

/** Load the cart, and settle a payment attempt that had no answer. */
async function refresh() {
  await cartStore.load();
  // The checkout settles its attempt by itself, and then goes to the order.
  if (router.path[0] === "checkout" || !storage.read(attemptKey(cartStore.owner))) return;
  const { settleOpenAttempt } = await import("./payment-attempt.js").catch(() => ({ settleOpenAttempt: null }));
  await settleOpenAttempt?.(context);
}

/** Wait for something whose failure is shown elsewhere: by the banner, or by the cart itself. */
/** @param {Promise<unknown>} promise */
async function ignoreShopErrors(promise) {
  try {
    await promise;
  } catch (failure) {
    if (!isShopError(failure)) throw failure;
  }
}

function onUserChanged() {
  cartStore.reset();
  showUser();
  ignoreShopErrors(cartStore.refresh());
}

byId("log-out").addEventListener("click", () => {
  for (const keyOf of [addressKey, changesKey]) storage.write(keyOf(cartStore.owner), null);
  api.signOut();
  onUserChanged();
  announce("Logged out. Stretch well.");
  router.go("#/");
});
byId("skip").addEventListener("click", (event) => {
  event.preventDefault();
  (byId("main").querySelector("h1") ?? byId("main")).focus();
});

const showNetwork = () =>
  showText(
    byId("offline"),
    api.isOnline && navigator.onLine ? "" : "No connection. Look around; buying has to wait for the network.",
  );

for (const type of ["pointerover", "focusin"]) {
  document.addEventListener(type, ({ target }) => {
    const link = target instanceof Element ? target.closest("a") : null;
    const [name = ""] = link?.pathname.startsWith("/products/") ? ["product"] : readAddress(link?.hash ?? "").path;
    views.get(name)?.prefetch?.();
  });
}

cartStore.addEventListener("change", showCount);
api.addEventListener("signed-out", onUserChanged);
api.addEventListener("network", showNetwork);
api.addEventListener("mode", () => showText(byId("open-mode"), api.isOpen ? OPEN_MODE : ""));
addEventListener("offline", showNetwork);
addEventListener("online", () => {
  api.setOnline(true);
  showNetwork();
});
addEventListener("storage", ({ key }) => {
  if (key !== SESSION_KEY) return;
  const before = api.user?.id;
  api.session.reload();
  if (api.user?.id === before) return;
  onUserChanged();
  // The view may show what belongs to the user before.
  router.reload();
});
document.addEventListener("visibilitychange", () => document.hidden || ignoreShopErrors(refresh()));

showUser();
showCount();
ignoreShopErrors(refresh());
router.start();
