/** The till: puts its parts together and listens to keys, scanner and network. */

import { Api } from "../client/api.js";
import { byId } from "../client/dom.js";
import { isShopError } from "../client/errors.js";
import { formatMoney } from "../client/money.js";
import { beep } from "./beep.js";
import { Counter } from "./counter.js";
import { Courier } from "./courier.js";
import { Customers } from "./customers.js";
import { Desk } from "./desk.js";
import { Door } from "./door.js";
import { holdTill } from "./keep.js";
import { listenForKeys } from "./keys.js";
import { Line } from "./line.js";
import { announce, ask, closeDialogs, hush, isCovered, print, say, shout, showReceipt } from "./overlay.js";
import { isEditable, isEmpty, isLeft, isUnderway, isUnsettled, needsThisPage, totalCents, unitCount } from "./sale.js";
import { listenForScans } from "./scanner.js";
import { Shelf } from "./shelf.js";
import { Today } from "./today.js";
import { dropWords, repricedWords, spokenWords } from "./words.js";

/** In the tab's own storage: a shift ends with its tab, and the shop next door knows nothing. */
const shop = new Api({ storageKey: "acme-till.staff", storage: () => sessionStorage });
const counter = new Counter();
const courier = new Courier({
  shop,
  read: (id) => counter.read(id),
  apply: (id, event) => counter.apply(id, event),
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

async function drop() {
  const sale = counter.current;
  if (!(await ask(dropWords(sale)))) return;
  courier.forget(sale.id);
  counter.apply(sale.id, { type: "withdraw" });
  courier.wake();
}

function chooseCustomer() {
  const sale = counter.current;
  if (!isEditable(sale)) return;
  if (isUnsettled(sale)) {
    shout("The last try went out for this customer and may still arrive. Charge it, or drop the sale.");
    return;
  }
  customers.open((customer) => counter.apply(sale.id, { type: "customer", customer }));
}

/** Put a product into the sale on screen; one that its customer is through with makes room by itself. */
function add(product, quantity = 1) {
  if (counter.current.state === "paid" || isLeft(counter.current)) counter.next();
  const sale = counter.current;
  if (!isEditable(sale)) {
    shout("This sale is on its way. Next customer (F9) first.");
    return;
  }
  if (!counter.apply(sale.id, { type: "add", product, quantity })) {
    shout("A hundred lines is where this till needs a rest.");
    return;
  }
  beep(true);
  say(`${quantity > 1 ? `${quantity} × ` : ""}${product.name} rung up, ${formatMoney(totalCents(counter.current))} in all`);
}

/** Put what was scanned into the sale; whatever lay over the sale gives way to it. */
async function addScanned(code) {
  if (byId("till").hidden) return;
  closeDialogs();
  if (document.body.dataset.view === "today") show("shelf");
  const sale = counter.current.id;
  const known = shelf.product(code);
  if (known) {
    add(known);
    return;
  }
  try {
    const product = await shop.findProduct(code);
    if (product) {
      shelf.learn(product);
      if (sale === counter.current.id) add(product);
      else shout(`${product.name} was looked up too late for its customer. Scan it again.`);
    } else {
      shout(`No product has the code ${code.slice(0, 40)}`);
    }
  } catch (failure) {
    if (!isShopError(failure)) throw failure;
    shout(`The code ${code.slice(0, 40)} is new to this till, and the shop does not answer.`);
  }
}

const act = {
  drop,
  chooseCustomer,
  print,
  staffName: () => staffName,
  toShelf: () => {
    if (document.body.dataset.view !== "today") show("shelf");
    if (matchMedia("(pointer: fine)").matches) byId("find").focus({ preventScroll: true });
  },
};

const shelf = new Shelf({ shop, add, shout });
const customers = new Customers({ shop });
const desk = new Desk({ counter, courier, act });
const today = new Today({ shop, counter, showReceipt });
const door = new Door({ shop, onOpen: openTill });
const line = new Line({ shop, counter, onBack: comeBack });

// ---- what happens to sales

counter.addEventListener("sale", ({ detail: { before, after } }) => {
  courierFor(after);
  badge();
  today.renderOwn();
  if (before.state === after.state) return;
  hush();
  const words = spokenWords(before, after);
  if (words) {
    if (after.state === "declined") beep(false);
    // A declined sale on screen has an alert of its own.
    const isSaid = after.state === "declined" && after.id === counter.current.id;
    if (!isSaid) announce(words);
    if (after.id !== counter.current.id || after.state === "void") say(words, after.state);
  }
  if (after.notice?.code === "refused") reprice(after);
  if (["paid", "declined"].includes(after.state) && document.body.dataset.view === "today") today.refresh();
});
counter.addEventListener("switch", badge);

function courierFor(sale) {
  if (isUnderway(sale) && shop.user) courier.drive(sale.id);
}

/** The shop disagreed with the total: take its prices and say what changed. */
async function reprice(sale) {
  const before = totalCents(sale);
  await shelf.load();
  const current = counter.read(sale.id);
  if (!current || !shelf.isLoaded) return;
  const repriced = { type: "reprice", products: shelf.byId };
  counter.apply(sale.id, { ...repriced, notice: current.notice });
  const after = totalCents(counter.read(sale.id));
  if (after === before && counter.read(sale.id).lines.length === sale.lines.length) return;
  const text = `${repricedWords(sale.lines, counter.read(sale.id).lines)} ${formatMoney(before)} is ${formatMoney(after)} now. Nothing was charged; tell the customer first.`;
  counter.apply(sale.id, { ...repriced, notice: { tone: "wait", code: "repriced", text } });
}

function badge() {
  const sale = counter.current;
  const count = byId("desk-count");
  count.hidden = isEmpty(sale);
  count.textContent = isEmpty(sale) ? "" : `${unitCount(sale)} · ${formatMoney(totalCents(sale))}`;
  line.show();
}

// ---- opening and closing

/** Whoever has signed in, by the name they have among people. */
let staffName = "";

async function showName() {
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
  showName();
  byId("till").hidden = false;
  if (!document.body.dataset.view || document.body.dataset.view === "door") show("shelf");
  desk.render();
  badge();
  shelf.load();
  courier.wake();
  counter.all.forEach(courierFor);
  act.toShelf();
}

/** The shop answers again: go on with what waited for it. */
function comeBack() {
  courier.wake();
  if (!byId("till").hidden && !shelf.isLoaded) shelf.load();
}

function closeTill(note) {
  if (byId("till").hidden) return;
  byId("till").hidden = true;
  closeDialogs();
  customers.clear();
  desk.forgetCard();
  door.show(note);
}

byId("sign-out").addEventListener("click", () => {
  const count = counter.underway.length;
  if (count) {
    shout(`${count === 1 ? "One sale has" : `${count} sales have`} no verdict yet. Stay until the shop has said something.`);
    return;
  }
  shop.signOut();
  closeTill("Signed out. Stretch well.");
});

shop.addEventListener("signed-out", () => closeTill("The sign-in has run out. Nothing is lost: sign in and go on."));
document.addEventListener("visibilitychange", () => document.hidden || courier.wake());
addEventListener("beforeunload", (event) => {
  if (counter.all.some((sale) => needsThisPage(sale, counter))) event.preventDefault();
});

// ---- keys

for (const button of document.querySelectorAll("button[data-view]")) {
  button.addEventListener("click", () => {
    show(button.dataset.view);
    if (button.dataset.view === "desk") byId("desk-title").focus({ preventScroll: true });
    if (button.dataset.view === "shelf") act.toShelf();
  });
}

const KEYS = {
  F2: () => {
    show("shelf");
    byId("find").focus();
    byId("find").select();
  },
  F4: chooseCustomer,
  F8: () => {
    show("desk");
    desk.toPayment();
  },
  F9: () => desk.next(),
  F10: () => show("today"),
  Escape: () => (document.body.dataset.view === "today" ? KEYS.F2() : desk.toLines()),
};

listenForKeys(document, { acts: KEYS, isOff: () => byId("till").hidden || isCovered() });
listenForScans(document, { onScan: addScanned, isCode: (code) => Boolean(shelf.product(code)) });

// ---- start

const takeOver = holdTill({
  onHeld: () => {
    // A page that has lost the till once starts anew: what it remembers is old.
    if (shop.isClosed) {
      location.reload();
      return;
    }
    byId("taken").hidden = true;
    counter.open();
    door.start();
  },
  onTaken: ({ wasHeld }) => {
    // Whatever this page was doing, the other one does it now.
    if (wasHeld) {
      shop.close();
      courier.stop();
      counter.close();
      desk.forgetCard();
    }
    byId("till").hidden = true;
    byId("door").hidden = true;
    byId("taken").hidden = false;
    byId("take-over").focus();
  },
});
byId("take-over").addEventListener("click", takeOver);
