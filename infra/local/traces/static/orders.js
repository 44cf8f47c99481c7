/** The page of the orders: asks what is new, and shows the list and one order. */

/** @import { ListedOrder, Order } from "./types.js" */

import { byId, el, shortId, updateChildren } from "/static/client/dom.js";
import { formatMoney } from "/static/client/money.js";
import { draw, listSteps, totals } from "./model.js";
import { duration } from "./scale.js";
import { itemPanel, stepItem, unitsText } from "./steps.js";
import { timeline } from "./timeline.js";

const DATA = "/dev/orders/data";
const PAUSE_MS = 800;
/** So many are listed (collector.py). */
const LISTED = 100;

const page = {
  list: byId("orders"),
  none: byId("none"),
  more: byId("more"),
  order: byId("order"),
  live: byId("live"),
};

/** What was shown last: versions of list and order, and whose order. */
const shown = { list: "", order: "", id: "", isChosen: false };

/** Ask for what is newer than a version; null if nothing is. @param {string} path @param {string} version */
async function ask(path, version) {
  const answer = await fetch(`${path}?version=${version}`);
  if (answer.status === 404) return { version: -1 };
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  const content = await answer.json();
  return String(content.version) === version ? null : content;
}

/** @param {ListedOrder[]} orders */
function showList(orders) {
  page.none.hidden = orders.length > 0;
  page.more.hidden = orders.length < LISTED;
  const items = orders.map((order) => {
    const state = order.state ?? "not stored";
    const time = new Date(order.start).toLocaleTimeString("en-GB");
    const facts = [
      order.total_cents === undefined ? "" : formatMoney(order.total_cents),
      order.steps === 1 ? "1 step" : `${order.steps} steps`,
    ];
    if (order.failures) facts.push(`${order.failures} failed`);
    return el(
      "li",
      {},
      el(
        "a",
        {
          href: `#${order.order_id}`,
          "data-key": order.order_id,
          "aria-current": order.order_id === shown.id ? "true" : null,
        },
        el("span", { class: "id" }, shortId(order.order_id)),
        el("span", { class: `state ${state}` }, state),
        el("span", { class: "time" }, time),
        el(
          "span",
          { class: "facts" },
          ...facts.filter(Boolean).flatMap((text, at) => [at ? " · " : "", el("span", {}, text)]),
        ),
      ),
    );
  });
  updateChildren(page.list, items);
}

/** @param {string} id @param {Order} order */
function showOrder(id, order) {
  if (!order.spans) {
    const text = "This order is not known here: the page knows what happened since the shop was started.";
    page.order.replaceChildren(el("h2", {}, shortId(id)), el("p", {}, text));
    return;
  }
  const now = Date.now();
  const steps = listSteps(order);
  const begun = steps[0]?.span.start ?? now;
  const used = totals(steps);
  const { bars, jumps } = draw(steps, now);
  const unfolded = new Set(
    [...page.order.querySelectorAll("details[open]")].map((each) => each.getAttribute("data-unfold")),
  );
  const nodes = [
    el(
      "div",
      { class: "head" },
      el("h2", {}, "Order ", el("span", { class: "id" }, shortId(id))),
      el("p", { class: "ids" }, el("code", {}, id), ...order.traces.map((trace) => el("code", {}, trace))),
      el(
        "dl",
        {},
        fact("to paid", used.toPaid === null ? "…" : duration(used.toPaid)),
        fact("in all", duration(used.whole)),
        fact("calls to DynamoDB", String(used.calls)),
        fact("written", unitsText(used.writes, false)),
        fact("read", unitsText(used.reads, true)),
        fact("messages", String(used.messages)),
      ),
    ),
    timeline({ bars, jumps, now, choose }),
    el(
      "div",
      { class: "details" },
      el(
        "section",
        { class: "steps" },
        el("h2", {}, "Steps"),
        el("ol", {}, ...steps.map((step) => stepItem(step, order, begun))),
      ),
      el("section", { class: "items" }, el("h2", {}, "In the table"), ...order.items.map(itemPanel)),
    ),
  ];
  updateChildren(page.order, nodes, page.order);
  for (const each of page.order.querySelectorAll("details")) each.open = unfolded.has(each.getAttribute("data-unfold"));
  for (const step of page.order.querySelectorAll(".step")) {
    const mark = (/** @type {boolean} */ isOn) => () => light(step.id.replace("step-", ""), isOn);
    step.addEventListener("pointerenter", mark(true));
    step.addEventListener("pointerleave", mark(false));
    step.addEventListener("focusin", mark(true));
    step.addEventListener("focusout", mark(false));
  }
}

/** @param {string} name @param {string} value */
const fact = (name, value) => el("div", {}, el("dt", {}, name), el("dd", {}, value));

/** Light up the bars of a step. @param {string} step @param {boolean} isOn */
function light(step, isOn) {
  for (const bar of page.order.querySelectorAll(`[data-step="${CSS.escape(step)}"]`)) bar.classList.toggle("lit", isOn);
}

/** Go to the step of a bar. @param {string} step */
function choose(step) {
  const item = document.getElementById(`step-${step}`);
  item?.scrollIntoView({ block: "center" });
  item?.focus({ preventScroll: true });
}

/** Take the order that the address names, else the newest one. @param {ListedOrder[]} orders */
function follow(orders) {
  const named = location.hash.slice(1);
  const id = /^[0-9a-f-]{36}$/.test(named) ? named : (orders[0]?.order_id ?? "");
  if (id !== shown.id) Object.assign(shown, { id, order: "" });
}

/** @type {ListedOrder[]} */
let known = [];

async function refresh() {
  const list = await ask(DATA, shown.list);
  if (list?.orders) {
    known = list.orders;
    shown.list = String(list.version);
  }
  const before = shown.id;
  follow(known);
  if (list || before !== shown.id) showList(known);
  if (!shown.id) return;
  const order = await ask(`${DATA}/${shown.id}`, shown.order);
  if (order) {
    shown.order = String(order.version);
    showOrder(shown.id, order);
  }
}

/** Tell people and screen readers once when that changes. @param {boolean} isLive */
function tell(isLive) {
  const text = isLive ? "live" : "the shop does not answer";
  if (page.live.textContent !== text) page.live.textContent = text;
  page.live.classList.toggle("lost", !isLive);
}

async function run() {
  for (;;) {
    if (!document.hidden)
      await refresh().then(
        () => tell(true),
        () => tell(false),
      );
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

addEventListener("hashchange", () => {
  refresh().catch(() => tell(false));
});
run();
