/** The till: puts its parts together and listens to keys, scanner and network. */

import { Api } from "../client/api.js";
import { byId } from "../client/dom.js";
import { isShopError } from "../client/errors.js";
import { formatMoney } from "../client/money.js";
import { beep } from "./beep.js";
import { SaleStore } from "./sale-store.js";
import { OrderSender } from "./order-sender.js";
import { Customers } from "./customers.js";
import { SaleView } from "./sale-view.js";
import { SignIn } from "./sign-in.js";
import { claimTill } from "./sale-storage.js";
import { listenForShortcuts } from "./shortcuts.js";
import { Connection } from "./connection.js";
import { announce, confirm, closeDialogs, hideToast, isDialogOpen, printReceipt, showToast, showError, openReceipt } from "./overlay.js";
import { isEditable, isEmpty, isAbandoned, isInProgress, isUnsettled, needsThisPage, totalCents, unitCount } from "./sale.js";
import { listenForScans } from "./scanner.js";
import { ProductGrid } from "./product-grid.js";
import { Today } from "./today.js";
import { cancelQuestion, priceChangeMessage, announcementFor } from "./messages.js";

/** In the tab's own storage: a shift ends with its tab, and the shop next door knows nothing. */
const shop = new Api({ storageKey: "acme-till.staff", storage: () => sessionStorage });
const store = new SaleStore();
const sender = new OrderSender({
  shop,
  read: (id) => store.read(id),
  apply: (id, event) => store.apply(id, event),
});

// ---- views

function show(view) {
  document.body.dataset.view = view;
  byId("today").hidden = view !== "today";
  for (const button of document.querySelectorAll("[data-view]:is(button)")) {
    button.setAttribute("aria-current", button.dataset.view === view ? "page" : "false");
  }
  if (view === "today") {
    today.refresh();
    byId("today-title").focus({ preventScroll: true });
  }
}

// ---- what the panels ask for

async function cancelSale() {
  const sale = store.current;
  if (!(await confirm(cancelQuestion(sale)))) return;
  sender.deleteCard(sale.id);
  store.apply(sale.id, { type: "withdraw" });
  sender.retryNow();
}

function chooseCustomer() {
  const sale = store.current;
  if (!isEditable(sale)) return;
  if (isUnsettled(sale)) {
    showError("The last try went out for this customer and may still arrive. Charge it, or cancel the sale.");
    return;
  }
  customers.open((customer) => store.apply(sale.id, { type: "customer", customer }));
}

/** Put a product into the sale on screen; one that its customer is through with makes room by itself. */
function add(product, quantity = 1) {
  if (store.current.state === "paid" || isAbandoned(store.current)) store.next();
  const sale = store.current;
  if (!isEditable(sale)) {
    showError("This sale is on its way. Next customer (F9) first.");
    return;
  }
  if (!store.apply(sale.id, { type: "add", product, quantity })) {
    showError("A hundred lines is where this till needs a rest.");
    return;
  }
  beep(true);
  showToast(`${quantity > 1 ? `${quantity} × ` : ""}${product.name} rung up, ${formatMoney(totalCents(store.current))} in all`);
}

/** Put what was scanned into the sale; whatever lay over the sale gives way to it. */
async function addScanned(code) {
  if (byId("till").hidden) return;
  closeDialogs();
  if (document.body.dataset.view === "today") show("catalog");
  const sale = store.current.id;
  const known = grid.product(code);
  if (known) {
    add(known);
    return;
  }
  try {
    const product = await shop.findProduct(code);
    if (product) {
      grid.addProduct(product);
      if (sale === store.current.id) add(product);
      else showError(`${product.name} was looked up too late for its customer. Scan it again.`);
    } else {
      showError(`No product has the code ${code.slice(0, 40)}`);
    }
  } catch (failure) {
    if (!isShopError(failure)) throw failure;
    showError(`The code ${code.slice(0, 40)} is new to this till, and the shop does not answer.`);
  }
}

const actions = {
  cancelSale,
  chooseCustomer,
  print: printReceipt,
  staffName: () => staffName,
  toCatalog: () => {
    if (document.body.dataset.view !== "today") show("catalog");
    if (matchMedia("(pointer: fine)").matches) byId("search").focus({ preventScroll: true });
  },
};

const grid = new ProductGrid({ shop, add, showError });
const customers = new Customers({ shop });
const saleView = new SaleView({ store, sender, actions });
const today = new Today({ shop, store, openReceipt });
const signIn = new SignIn({ shop, onSignedIn: openTill });
const connection = new Connection({ shop, store, onRestored: resume });

// ---- what happens to sales

store.addEventListener("sale", ({ detail: { before, after } }) => {
  sendIfNeeded(after);
  updateSaleCount();
  today.renderUnconfirmed();
  if (before.state === after.state) return;
  hideToast();
  const words = announcementFor(before, after);
  if (words) {
    if (after.state === "declined") beep(false);
    // A declined sale on screen has an alert of its own.
    const isSaid = after.state === "declined" && after.id === store.current.id;
    if (!isSaid) announce(words);
    if (after.id !== store.current.id || after.state === "void") showToast(words, after.state);
  }
  if (after.notice?.code === "refused") reprice(after);
  if (["paid", "declined"].includes(after.state) && document.body.dataset.view === "today") today.refresh();
});
store.addEventListener("switch", updateSaleCount);

function sendIfNeeded(sale) {
  if (isInProgress(sale) && shop.user) sender.process(sale.id);
}

/** The shop disagreed with the total: take its prices and say what changed. */
async function reprice(sale) {
  const before = totalCents(sale);
  await grid.load();
  const current = store.read(sale.id);
  if (!current || !grid.isLoaded) return;
  const repriced = { type: "reprice", products: grid.byId };
  store.apply(sale.id, { ...repriced, notice: current.notice });
  const after = totalCents(store.read(sale.id));
  if (after === before && store.read(sale.id).lines.length === sale.lines.length) return;
  const text = `${priceChangeMessage(sale.lines, store.read(sale.id).lines)} ${formatMoney(before)} is ${formatMoney(after)} now. Nothing was charged; showText the customer first.`;
  store.apply(sale.id, { ...repriced, notice: { tone: "wait", code: "repriced", text } });
}

function updateSaleCount() {
  const sale = store.current;
  const count = byId("sale-count");
  count.hidden = isEmpty(sale);
  count.textContent = isEmpty(sale) ? "" : `${unitCount(sale)} · ${formatMoney(totalCents(sale))}`;
  connection.render();
}

// ---- opening and closing

/** Whoever has signed in, by the name they have among people. */
let staffName = "";

async function showStaffName() {
  const { user } = shop;
  const show = (name) => {
    staffName = name;
    byId("staff-name").textContent = name;
  };
  show(user.name);
  try {
    const { firstname, lastname } = await shop.getUser(user.id);
    if (shop.user?.id === user.id) show(`${firstname} ${lastname}`.trim() || user.name);
  } catch (failure) {
    if (!isShopError(failure)) throw failure;
  }
}

function openTill() {
  showStaffName();
  byId("till").hidden = false;
  if (!document.body.dataset.view || document.body.dataset.view === "sign-in") show("catalog");
  saleView.render();
  updateSaleCount();
  grid.load();
  sender.retryNow();
  store.all.forEach(sendIfNeeded);
  actions.toCatalog();
}

/** The shop answers again: go on with what waited for it. */
function resume() {
  sender.retryNow();
  if (!byId("till").hidden && !grid.isLoaded) grid.load();
}

function closeTill(note) {
  if (byId("till").hidden) return;
  byId("till").hidden = true;
  closeDialogs();
  customers.clear();
  saleView.clearCard();
  signIn.show(note);
}

byId("sign-out").addEventListener("click", () => {
  const count = store.underway.length;
  if (count) {
    showError(`${count === 1 ? "One sale has" : `${count} sales have`} no verdict yet. Stay until the shop has said something.`);
    return;
  }
  shop.signOut();
  closeTill("Signed out. Stretch well.");
});

shop.addEventListener("signed-out", () => closeTill("The sign-in has run out. Nothing is lost: sign in and go on."));
document.addEventListener("visibilitychange", () => document.hidden || sender.retryNow());
addEventListener("beforeunload", (event) => {
  if (store.all.some((sale) => needsThisPage(sale, store))) event.preventDefault();
});

// ---- keys

for (const button of document.querySelectorAll("button[data-view]")) {
  button.addEventListener("click", () => {
    show(button.dataset.view);
    if (button.dataset.view === "sale") byId("sale-title").focus({ preventScroll: true });
    if (button.dataset.view === "catalog") actions.toCatalog();
  });
}

const KEYS = {
  F2: () => {
    show("catalog");
    byId("search").focus();
    byId("search").select();
  },
  F4: chooseCustomer,
  F8: () => {
    show("sale");
    saleView.showPayment();
  },
  F9: () => saleView.next(),
  F10: () => show("today"),
  Escape: () => (document.body.dataset.view === "today" ? KEYS.F2() : saleView.showLines()),
};

listenForShortcuts(document, { actions: KEYS, isDisabled: () => byId("till").hidden || isDialogOpen() });
listenForScans(document, { onScan: addScanned, isCode: (code) => Boolean(grid.product(code)) });

// ---- start

const takeOver = claimTill({
  onHeld: () => {
    // A page that has lost the till once starts anew: what it remembers is old.
    if (shop.isClosed) {
      location.reload();
      return;
    }
    byId("other-tab").hidden = true;
    store.open();
    signIn.start();
  },
  onTaken: ({ wasHeld }) => {
    // Whatever this page was doing, the other one does it now.
    if (wasHeld) {
      shop.close();
      sender.stop();
      store.close();
      saleView.clearCard();
    }
    byId("till").hidden = true;
    byId("sign-in-page").hidden = true;
    byId("other-tab").hidden = false;
    byId("take-over").focus();
  },
});
byId("take-over").addEventListener("click", takeOver);
