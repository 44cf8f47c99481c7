/** The storefront: puts its parts together. A client of the public API like any other. */

import { Api } from "../client/api.js";
import { byId, el, showText } from "../client/dom.js";
import { isShopError } from "../client/errors.js";
import { liveRegion } from "../client/live-region.js";
import { Basket } from "./basket.js";
import { homeView } from "./home.js";
import { lateView } from "./late.js";
import { button, linkButton, panel, whileBusy } from "./pieces.js";
import { readAddress, Router } from "./router.js";
import { Shelves } from "./shelves.js";
import { attemptKey, SESSION_KEY, storage } from "./storage.js";
import { FAILURE_WORDS, failureLine } from "./words.js";

const RETRIES = 2;
const TOAST_MS = 3500;

const api = new Api({ storageKey: SESSION_KEY, storage: () => localStorage, retries: RETRIES });
const basket = new Basket({ api });
const shelves = new Shelves({ api });

// ---- words in passing

const murmur = liveRegion(byId("status"));
const alarm = liveRegion(byId("alarm"));
let toastTimer = 0;

function toast(tone, ...nodes) {
  const box = byId("toast");
  box.replaceChildren(...nodes);
  box.dataset.tone = tone;
  box.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => (box.hidden = true), TOAST_MS);
}

/** Say something that only matters to who cannot see the page. */
const say = (text) => murmur(text);

/** Say something that must not be missed. */
function shout(text) {
  alarm(text);
  toast("bad", text);
}

// ---- what views ask for

const login = (next) => router.go(`#/login?${new URLSearchParams({ next })}`, { isReplacing: true });

/** Somebody has just signed in: their cart first, then where they wanted to go. */
async function enter(next) {
  showPerson();
  try {
    await basket.load();
  } catch (failure) {
    if (!isShopError(failure)) throw failure;
    shout("You are in. The cart will follow when the shop answers.");
  }
  router.go(next, { isReplacing: true });
}

function addToCart(product, control, quantity = 1) {
  return whileBusy(control, async () => {
    try {
      await basket.add(product.id, quantity);
      const words = `${quantity > 1 ? `${quantity} × ` : ""}${product.name} is in the cart.`;
      say(words);
      toast("good", el("span", {}, words), el("a", { href: "#/cart" }, "View cart"));
    } catch (failure) {
      if (!isShopError(failure)) throw failure;
      shout(failureLine(failure));
    }
  });
}

function onFailure(failure, again) {
  if (failure.kind === "sign in" && failure.status === 401) {
    login(location.hash);
    return null;
  }
  const { mood, title, text } = FAILURE_WORDS[failure.kind] ?? FAILURE_WORDS.refused;
  const retry = button("Try again", failure.message === "module" ? () => location.reload() : again);
  const isHome = router.path.length === 0;
  return { title, nodes: [panel(mood, title, text, retry, isHome ? "" : linkButton("#/", "To the shelves", "plain"))] };
}

// ---- views

const parts = { api, basket, shelves, say, shout, login, enter, addToCart };

const late = (fetchModule, name, title) => lateView(fetchModule, name, title, parts);

const nowhere = ({ show }) => show("Not found", panel("lost", "Off the track", "There is nothing at this address. Turn round, easy pace.", linkButton("#/", "To the shelves")));

const router = new Router({
  main: byId("main"),
  viewOf: ([name = ""]) => (Object.hasOwn(views, name) ? views[name] : nowhere),
  onFailure,
  onShown: (title) => {
    document.title = `${title} · ACME Fitness`;
    byId("toast").hidden = true;
    const here = location.hash.split(/[?/]/)[1] ?? "";
    for (const link of document.querySelectorAll("[data-here]")) {
      if (link.dataset.here === here) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  },
});
parts.router = router;
const views = {
  "": homeView(parts),
  product: late(() => import("./product.js"), "productView", "Product"),
  cart: late(() => import("./cart.js"), "cartView", "Cart"),
  checkout: late(() => import("./checkout.js"), "checkoutView", "Checkout"),
  order: late(() => import("./order.js"), "orderView", "Order"),
  orders: late(() => import("./orders.js"), "ordersView", "Your orders"),
  login: late(() => import("./door.js"), "loginView", "Log in"),
  register: late(() => import("./door.js"), "registerView", "Register"),
};

// ---- the frame around them

function showPerson() {
  const { user } = api;
  byId("log-in").hidden = Boolean(user);
  byId("person").hidden = !user;
  byId("person-name").textContent = user?.name ?? "";
}

function showCount() {
  const { count, lines } = basket;
  byId("cart-count").textContent = lines && count ? String(Math.min(count, 999)) : "";
  byId("cart-link").setAttribute("aria-label", lines ? `Cart, ${count === 1 ? "1 item" : `${count} items`}` : "Cart");
}

/** Know what is in the basket, and what became of an order without an answer. */
async function refresh() {
  await basket.load();
  // The checkout asks by itself, and then goes to the order.
  if (router.path[0] === "checkout" || !storage.read(attemptKey(basket.owner))) return;
  const { finishOpen } = await import("./attempt.js").catch(() => ({}));
  await finishOpen?.(parts);
}

async function quietly(reading) {
  try {
    await reading;
  } catch (failure) {
    if (!isShopError(failure)) throw failure; // The banner, or the cart itself, says the rest.
  }
}

function changePerson() {
  basket.forget();
  showPerson();
  quietly(basket.look());
}

byId("log-out").addEventListener("click", () => {
  // The token goes along, and is this page's to forget; the shop need not agree.
  api.call("/logout", { method: "POST" }).catch(() => {});
  api.signOut();
  changePerson();
  say("Logged out. Stretch well.");
  router.go("#/");
});
byId("skip").addEventListener("click", (event) => {
  event.preventDefault();
  (byId("main").querySelector("h1") ?? byId("main")).focus();
});

const showNetwork = () => showText(byId("offline"), api.isOnline && navigator.onLine ? "" : "No connection. Look around; buying has to wait for the network.");

for (const sign of ["pointerover", "focusin"]) {
  document.addEventListener(sign, ({ target }) => {
    const [name] = readAddress(target.closest?.("a")?.hash ?? "").path;
    if (Object.hasOwn(views, name ?? "")) views[name ?? ""].warm?.();
  });
}

basket.addEventListener("change", showCount);
api.addEventListener("signed-out", changePerson);
api.addEventListener("network", showNetwork);
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
  changePerson();
  // What is shown may be somebody else's.
  router.again();
});
document.addEventListener("visibilitychange", () => document.hidden || quietly(refresh()));

showPerson();
showCount();
quietly(refresh());
router.start();
