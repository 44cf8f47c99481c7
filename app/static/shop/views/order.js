/** One order and its progress, shown as it happens. */

import { backoffMs, sleep } from "../../client/backoff.js";
import { declineMessageOf } from "../../client/card.js";
import { formatDateTime } from "../../client/dates.js";
import { el, isolate, shortId, updateChildren } from "../../client/dom.js";
import { isShopError } from "../../client/errors.js";
import { formatMoney, textToCents } from "../../client/money.js";
import { isFinalOrder, stateOf } from "../../client/order-states.js";
import { productImage } from "../../client/product-image.js";
import { button, linkButton, pageSkeleton, panel, productUrl } from "../components.js";
import { DECLINED_STEPS, failureMessage, ORDER_MESSAGES, ORDER_STEPS, STEP_TEXTS, stateLabel } from "../messages.js";

/** @import { OrderState } from "../../client/order-states.js" */
/** @import { Order } from "../../client/types.js" */
/** @import { Context, View } from "../context.js" */

const FIRST_PAUSE_MS = 800;
const LONGEST_PAUSE_MS = 8000;
const PAUSE_GROWTH = 1.3;

const EARLIER_ORDER =
  "This is what an earlier try has ordered. Nothing else was bought: whatever came in since is still in your cart.";

/** @param {Context} context @returns {View} */
export const orderView =
  ({ api, cartStore, router, catalog, announce, showError }) =>
  async ({ path, query, signal, show, setTitle }) => {
    const id = path[1] ?? "";
    // A receipt of the till names the user whose order it is.
    const userId = query.get("of") ?? cartStore.owner;
    show("Order", ...pageSkeleton("Order"));
    /** @type {Order} */
    let order;
    const imagesPromise = catalog.imagesById();
    try {
      order = await api.getOrder(userId, id, { signal, allowGuest: true });
    } catch (failure) {
      if (!isShopError(failure) || (failure.status !== 404 && failure.status !== 403)) throw failure;
      show(
        "No such order",
        panel(
          "lost",
          "No order by this number",
          query.has("of")
            ? "It is in another account, or was bought at the till without one. Take the receipt to the till: staff can open it."
            : "Perhaps it is somebody else's. We do not look into other people's bags.",
          linkButton("#/orders", "Your orders"),
        ),
      );
      return;
    }
    const images = await imagesPromise;
    const top = el("div", { class: "order-top" });
    const note = el("p", { class: "banner", hidden: true });
    const which = query.has("earlier") ? el("p", { class: "banner", role: "status" }, EARLIER_ORDER) : "";
    draw();
    show(
      ORDER_MESSAGES[stateOf(order)].title,
      top,
      which,
      note,
      el("div", { class: "split order" }, articleList(order, images), facts(order)),
    );
    watch();

    function draw() {
      const state = stateOf(order);
      const message = ORDER_MESSAGES[state];
      const isDeclined = state === "declined";
      const heading = el("h1", { tabindex: "-1" }, message.title);
      const placed = el("time", { datetime: order.placedAt }, formatDateTime(order.placedAt));
      const again = button("Put it all back in the cart", (event) => buyAgain(event.currentTarget));
      const badge = el("span", { class: "badge", "data-state": state }, stateLabel(state, order.status));
      updateChildren(
        top,
        [
          el("p", { class: "kicker" }, badge, ` Order ${shortId(order._id)}`, placed),
          heading,
          el("p", { class: "about" }, isDeclined ? `${declineMessageOf(order)} ${message.text}` : message.text),
          journey(order),
          ...(isDeclined ? [el("p", { class: "acts" }, again)] : []),
        ],
        heading,
      );
      setTitle(message.title);
    }

    /** Ask for the order until it is final, less often the longer nothing changes, and not while the page is hidden. */
    async function watch() {
      let pause = FIRST_PAUSE_MS;
      let failures = 0;
      while (!isFinalOrder(order) && !signal.aborted) {
        try {
          await sleep(pause, signal);
          await visible(signal);
          const seen = await api.getOrder(userId, id, { signal, allowGuest: true });
          failures = 0;
          note.hidden = true;
          pause = Math.min(pause * PAUSE_GROWTH, LONGEST_PAUSE_MS);
          if (seen.state === order.state && seen.trackingNumber === order.trackingNumber) continue;
          order = seen;
          pause = FIRST_PAUSE_MS;
          draw();
          announce(`${stateLabel(stateOf(order), order.status)}. ${ORDER_MESSAGES[stateOf(order)].text}`);
        } catch (failure) {
          if (signal.aborted) return;
          if (!isShopError(failure)) throw failure;
          if (failure.kind === "sign in") {
            router.reload();
            return;
          }
          note.textContent = "No news right now: the shop cannot be reached. We keep asking.";
          note.hidden = false;
          pause = backoffMs(failures + 1, failure.retryAfterMs);
          failures += 1;
        }
      }
    }

    /** @param {HTMLButtonElement} control */
    async function buyAgain(control) {
      control.disabled = true;
      try {
        await cartStore.setLines(order.cart.map(({ itemid: id, quantity }) => ({ id, quantity })));
        router.go("#/cart");
      } catch (failure) {
        if (!isShopError(failure)) throw failure;
        control.disabled = false;
        showError(failureMessage(failure));
      }
    }
  };

/** Wait until the page is visible. @param {AbortSignal} signal */
function visible(signal) {
  if (!document.hidden) return undefined;
  return new Promise((resolve, reject) => {
    document.addEventListener("visibilitychange", resolve, { once: true, signal });
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/** Return the steps on the way of an order; to a state that the page does not know lead those it has entered. @param {OrderState} state @param {Map<string, string>} times When it entered each. */
function stepsOf(state, times) {
  if (state === "declined") return DECLINED_STEPS;
  if (state !== "unknown") return ORDER_STEPS;
  /** @type {OrderState[]} */
  const entered = ORDER_STEPS.filter((step) => times.has(step));
  return [...entered, state];
}

/** @param {Order} order */
function journey(order) {
  const { placedAt, trackingNumber, status, history = [] } = order;
  const state = stateOf(order);
  const times = new Map([
    ["pending", placedAt],
    ...history.map((step) => /** @type {const} */ ([stateOf(step), step.at])),
  ]);
  const steps = stepsOf(state, times);
  const reached = steps.indexOf(state);
  return el(
    "ol",
    { class: "journey", "data-state": state },
    ...steps.map((step, index) => {
      const { name, text } = step === "unknown" ? { name: isolate(status), text: "" } : STEP_TEXTS[step];
      const isReached = index <= reached;
      const at = isReached && times.get(step);
      return el(
        "li",
        { "data-step": step, "data-reached": String(isReached), ...(index === reached && { "aria-current": "step" }) },
        el("b", {}, name),
        el("span", { class: "unseen" }, isReached ? " (done)" : " (not yet)"),
        el("small", {}, isReached ? text : "\u00a0"),
        at ? el("small", {}, el("time", { datetime: at }, formatDateTime(at))) : "",
        step === "shipped" && trackingNumber
          ? el("small", { class: "tracking" }, "Tracking ", el("code", {}, trackingNumber))
          : "",
      );
    }),
  );
}

/** @param {Order} order @param {Map<string, string>} images */
const articleList = ({ cart, total }, images) =>
  el(
    "section",
    { "aria-labelledby": "articles" },
    el("h2", { id: "articles" }, "What you ordered"),
    el(
      "ul",
      { class: "mini" },
      ...cart.map(({ itemid, name, quantity, price }) =>
        el(
          "li",
          {},
          productImage(images.get(itemid)),
          el(
            "span",
            {},
            `${quantity} × `,
            el("bdi", {}, el("a", { href: productUrl(itemid) }, name || "Something good")),
          ),
          el("b", {}, formatMoney(Math.round(price * 100) * quantity)),
        ),
      ),
    ),
    el("dl", {}, el("div", { class: "total" }, el("dt", {}, "Total"), el("dd", {}, formatMoney(textToCents(total))))),
  );

/** @param {Order} order */
function facts({ firstname, lastname, address, card }) {
  const town = [address.zip, address.city].filter(Boolean).join(" ");
  const lines = [address.street, town, address.state, address.country].filter(Boolean);
  return el(
    "aside",
    { class: "sum", "aria-label": "Delivery and payment" },
    el("h2", {}, "Goes to"),
    el("address", {}, ...[`${firstname} ${lastname}`.trim(), ...lines].flatMap((line) => [line, el("br")])),
    el("h2", {}, "Card"),
    el("p", {}, `${card.type || "Card"} ending ${card.number.slice(-4)}`),
    el("p", { class: "acts" }, el("a", { class: "quiet", href: "#/orders" }, "All your orders")),
  );
}
