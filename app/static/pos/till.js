/** The till: puts its parts together and listens to keys, scanner and network. */

import { Api } from "../client/api.js";
import { byId, isolate } from "../client/dom.js";
import { formatMoney } from "../client/money.js";
import { beep } from "./beep.js";
import { Catalog } from "./catalog.js";
import { Connection } from "./connection.js";
import { Customers } from "./customers.js";
import { IdleLock } from "./idle-lock.js";
import { listenForShortcuts } from "./keyboard.js";
import { announcementFor, WRONG_COUNT } from "./messages.js";
import { OrderSender } from "./order-sender.js";
import { announce, closeDialogs, hideToast, isDialogOpen, openReceipt, showError, showToast } from "./overlay.js";
import { ProductGrid } from "./product-grid.js";
import { readOrderAddress } from "./receipt.js";
import { isEmpty, isInProgress, needsThisPage, totalCents, unitCount } from "./sale.js";
import { SaleActions } from "./sale-actions.js";
import { SaleStore } from "./sale-store.js";
import { SaleView } from "./sale-view.js";
import { listenForScans } from "./scanner.js";
import { loadShopFacts } from "./shop-facts.js";
import { SignIn } from "./sign-in.js";
import { StaffName } from "./staff-name.js";
import { claimTill } from "./till-lock.js";
import { Today } from "./today.js";
import { Updates } from "./updates.js";
import { Views } from "./views.js";

/** @typedef {import("./sale.js").Sale} Sale */

/** In the tab's own storage: a shift ends with its tab, and the storefront knows nothing of it. */
const shop = new Api({ storageKey: "acme-till.staff", storage: () => sessionStorage });
const store = new SaleStore();
const catalog = new Catalog({ shop });
const sender = new OrderSender({
  shop,
  read: (id) => store.read(id),
  apply: (id, event) => store.apply(id, event),
});

// ---- parts

const customers = new Customers({ shop });
const actions = new SaleActions({ shop, store, catalog, sender, customers });
const grid = new ProductGrid({
  catalog,
  onPick: (product, quantity) => actions.add(product, quantity),
  onNoHit: (text) => showError(`No product matches “${isolate(text.slice(0, 40))}”. Check the spelling.`),
  onWrongCount: () => showError(WRONG_COUNT),
});
const saleView = new SaleView({
  store,
  sender,
  actions: {
    cancelSale: () => actions.cancelSale(),
    chooseCustomer: () => actions.chooseCustomer(),
    print: () => actions.printReceipt(),
    showCatalog: () => views.showCatalog(),
    showError,
    staffName: () => staffName.text,
  },
});
const today = new Today({ shop, store, openReceipt });
const views = new Views({ onToday: () => today.show() });
const signIn = new SignIn({ shop, onSignedIn: openTill });
const staffName = new StaffName({ shop, signIn });
const idleLock = new IdleLock({
  shop,
  actions: {
    isInUse: () => !isTillHidden(),
    name: () => staffName.text,
    lock,
    unlock,
    switchStaff: signOut,
    goOffline,
  },
});
const connection = new Connection({ shop, store, catalog, onRestored: resume });
const updates = new Updates({ store });

// ---- when sales change

store.addEventListener("sale", (event) => {
  const { before, after } = /** @type {CustomEvent<{before: Sale, after: Sale}>} */ (event).detail;
  sendIfNeeded(after);
  renderSummary();
  today.renderUnconfirmed();
  if (before.state === after.state) return;
  hideToast();
  const isOnScreen = after.id === store.current.id;
  const text = announcementFor(before, after);
  if (after.state === "declined") beep(false);
  // A declined sale on screen has an alert of its own.
  if (text && !(after.state === "declined" && isOnScreen)) announce(text);
  if (text && (!isOnScreen || after.state === "void")) showToast(text, after.state);
  if (after.state === "paid") sender.readRecord(after.id);
  if (after.notice?.code === "refused") actions.takePrices(after);
  if (["paid", "declined"].includes(after.state) && views.current === "today") today.refresh();
});
store.addEventListener("switch", renderSummary);

/** @param {Sale} sale */
function sendIfNeeded(sale) {
  if (isInProgress(sale) && shop.user) sender.process(sale.id);
}

/** Show the sale's size on its tab, and the state of connection and storage. */
function renderSummary() {
  const sale = store.current;
  byId("sale-count").hidden = isEmpty(sale);
  byId("sale-count").textContent = isEmpty(sale) ? "" : `${unitCount(sale)} · ${formatMoney(totalCents(sale))}`;
  connection.render();
  updates.takeIfFree();
}

// ---- opening and closing

/** @param {{pin: string, password: string}} [secrets] What the sign-in was given. */
function openTill(secrets) {
  staffName.show();
  if (secrets) idleLock.setSecrets(secrets);
  if (shop.user) customers.restoreNames(store);
  byId("till").hidden = false;
  if (!views.current || views.current === "sign-in") views.show("catalog");
  saleView.render();
  renderSummary();
  if (!catalog.isLoaded) grid.showSkeleton();
  catalog.load();
  loadShopFacts(shop);
  sender.retryNow();
  for (const sale of store.all) sendIfNeeded(sale);
  if (store.current.state === "paid") sender.readRecord(store.current.id);
  views.showCatalog();
  idleLock.begin();
}

const isTillHidden = () => Boolean(byId("till").hidden);
const isTillInUse = () => !isTillHidden() && !document.hidden && !shop.isClosed;

/** The shop answers again: go on with what waited for it. */
function resume() {
  if (!shop.user) closeTill("The shop answers again. Sign in: what waits here is then sent.");
  sender.retryNow();
  if (isTillInUse()) catalog.load();
}

/** Take the till off the screen, with what it shows of customers and cards. */
function lock() {
  byId("till").hidden = true;
  closeDialogs();
  customers.clear();
  today.clear();
  saleView.clearCard();
}

function unlock() {
  openTill();
  if (views.current === "today") views.show("today");
}

/** @param {string} note */
function closeTill(note) {
  if (!byId("sign-in-page").hidden) return;
  lock();
  idleLock.clear();
  signIn.show(note);
}

/** The lock cannot be opened without a network: go on without a right to anything. */
function goOffline() {
  shop.signOut();
  idleLock.clear();
  signIn.openOffline();
}

/** Sign out, or return why not. */
function signOut() {
  const count = store.inProgress.length;
  if (count)
    return `${count === 1 ? "One sale has" : `${count} sales have`} no result yet. Wait for the shop, then sign out.`;
  shop.signOut();
  signIn.forget();
  closeTill("Signed out.");
  store.anonymize();
  return "";
}

byId("sign-out").addEventListener("click", () => {
  const refusal = signOut();
  if (refusal) showError(refusal);
});

shop.addEventListener("signed-out", () => closeTill("Your sign-in has ended. Nothing is lost: sign in and go on."));
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  sender.retryNow();
  if (isTillInUse()) catalog.load();
});
catalog.refreshRegularly(isTillInUse);
addEventListener("beforeunload", (event) => {
  if (store.all.some((sale) => needsThisPage(sale, store))) event.preventDefault();
});
// A page that comes back from the browser's cache has lost its claim to the till: start anew.
addEventListener("pageshow", ({ persisted }) => persisted && location.reload());

// ---- keys

const SHORTCUTS = {
  F2: () => views.showSearch(),
  F4: () => actions.chooseCustomer(),
  F8: () => {
    views.show("sale");
    saleView.showPayment();
  },
  F9: () => saleView.next(),
  F10: () => views.show("today"),
  Escape: () => (views.current === "today" ? views.showSearch() : saleView.showLines()),
};

listenForShortcuts(document, { actions: SHORTCUTS, isDisabled: () => isTillHidden() || isDialogOpen() });
listenForScans(document, {
  onScan: async (readings, origin) => {
    if (isTillHidden()) {
      beep(false);
      idleLock.refuseScan(readings, origin);
      signIn.refuseScan(readings, origin);
      return;
    }
    closeDialogs();
    if (await actions.openScannedReceipt(readings)) return;
    if (views.current === "today") views.show("catalog");
    const count = grid.scanCount;
    if (count === null) showError(WRONG_COUNT);
    else if (await actions.addScanned(readings, count)) grid.clearCount();
  },
  isKnown: (code) => catalog.find(code) !== null || readOrderAddress(code) !== null,
  isClosed: isTillHidden,
  isCardField: (field) => byId("step-payment").contains(field),
  isNameField: (field) => field === byId("username"),
  mayBeSecret: (field, text, typing) =>
    idleLock.mayBeSecret(field, text, typing) || signIn.mayBeSecret(field, text, typing),
  isMeant: (field, text) =>
    field.hasAttribute("aria-activedescendant") ||
    // A short name is typed before the list of customers has come.
    (customers.isLoading && field.id === "customer-search" && text.length < 5) ||
    (field.matches("#lines input, #day") && /^\d{1,3}$/.test(text)),
});

// ---- start

const takeOver = claimTill({
  onClaimed: () => {
    // A page that has lost the till once starts anew: what it remembers is old.
    if (shop.isClosed) {
      location.reload();
      return;
    }
    byId("other-tab").hidden = true;
    store.open();
    signIn.start();
    updates.start();
  },
  onTaken: ({ wasClaimed }) => {
    // The other page goes on with what this one was doing.
    if (wasClaimed) {
      shop.close();
      sender.stop();
      store.close();
      saleView.clearCard();
    }
    for (const id of ["till", "sign-in-page", "lock-page"]) byId(id).hidden = true;
    byId("other-tab").hidden = false;
    byId("take-over").focus();
  },
});
byId("take-over").addEventListener("click", takeOver);
