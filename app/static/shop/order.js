/** One order and its journey, told as it happens. */

import { el, updateChildren, shortId } from "../client/dom.js";
import { isShopError } from "../client/errors.js";
import { formatMoney, textToCents } from "../client/money.js";
import { backoffMs, sleep } from "../client/backoff.js";
import { declineMessage } from "../client/card.js";
import { button, linkButton, pageSkeleton, panel, productAddress, thumb } from "./pieces.js";
import { DEAD_END, failureLine, JOURNEY, ORDER_WORDS, STATE_WORDS, STATION_WORDS } from "./words.js";

const SOONEST_MS = 800;
const LATEST_MS = 8000;
const SLOWER = 1.3;

const EARLIER = "This is what an earlier try has ordered. Nothing else was bought: whatever came in since is still in your cart.";

const isFinal = ({ state }) => state === "delivered" || state === "declined";
const when = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });

export const orderView = ({ api, basket, router, shelves, say, shout }) =>
  async ({ path, query, signal, show, retitle }) => {
    const id = path[1] ?? "";
    const userId = basket.owner;
    show("Order", ...pageSkeleton("Order"));
    let order;
    const coming = shelves.pictures();
    try {
      order = await api.getOrder(userId, id, { signal, allowGuest: true });
    } catch (failure) {
      if (failure.status !== 404) throw failure;
      show("No such order", panel("lost", "No order by this number", "Perhaps it is somebody else's. We do not look into other people's bags.", linkButton("#/orders", "Your orders")));
      return;
    }
    const pictures = await coming;
    const top = el("div", { class: "order-top" });
    const note = el("p", { class: "banner", hidden: true });
    const which = query.has("earlier") ? el("p", { class: "banner", role: "status" }, EARLIER) : "";
    draw();
    show(ORDER_WORDS[order.state].title, top, which, note, el("div", { class: "split order" }, articles(order, pictures), facts(order)));
    watch();

    function draw() {
      const words = ORDER_WORDS[order.state];
      const isDeclined = order.state === "declined";
      const heading = el("h1", { tabindex: "-1" }, words.title);
      const placed = el("time", { datetime: order.placedAt }, when.format(Date.parse(order.placedAt)));
      const badge = el("span", { class: "badge", "data-state": order.state }, STATE_WORDS[order.state]);
      updateChildren(
        top,
        [
          el("p", { class: "kicker" }, badge, ` Order ${shortId(order._id)}`, placed),
          heading,
          el("p", { class: "about" }, isDeclined ? `${declineMessage(order.status)} ${words.text}` : words.text),
          journey(order),
          isDeclined ? el("p", { class: "acts" }, button("Put it all back in the cart", (event) => buyAgain(event.currentTarget))) : "",
        ],
        heading,
      );
      retitle(words.title);
    }

    /** Ask again and again, less often the longer nothing happens, and not for a hidden page. */
    async function watch() {
      let pause = SOONEST_MS;
      let failures = 0;
      while (!isFinal(order) && !signal.aborted) {
        try {
          await sleep(pause, signal);
          await visible(signal);
          const seen = await api.getOrder(userId, id, { signal, allowGuest: true });
          failures = 0;
          note.hidden = true;
          pause = Math.min(pause * SLOWER, LATEST_MS);
          if (seen.state === order.state && seen.trackingNumber === order.trackingNumber) continue;
          order = seen;
          pause = SOONEST_MS;
          draw();
          say(`${STATE_WORDS[order.state]}. ${ORDER_WORDS[order.state].text}`);
        } catch (failure) {
          if (signal.aborted) return;
          if (!isShopError(failure)) throw failure;
          if (failure.kind === "sign in") {
            router.again();
            return;
          }
          note.textContent = "No news right now: the shop cannot be reached. We keep asking.";
          note.hidden = false;
          pause = backoffMs(failures + 1, failure.retryAfterMs);
          failures += 1;
        }
      }
    }

    async function buyAgain(control) {
      control.disabled = true;
      try {
        await basket.put(order.cart.map(({ itemid: id, quantity }) => ({ id, quantity })));
        router.go("#/cart");
      } catch (failure) {
        if (!isShopError(failure)) throw failure;
        control.disabled = false;
        shout(failureLine(failure));
      }
    }
  };

/** Wait until somebody looks at the page. */
function visible(signal) {
  if (!document.hidden) return undefined;
  return new Promise((resolve, reject) => {
    document.addEventListener("visibilitychange", resolve, { once: true, signal });
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

function journey({ state, trackingNumber }) {
  const stations = state === "declined" ? DEAD_END : JOURNEY;
  const reached = stations.indexOf(state);
  return el(
    "ol",
    { class: "journey", "data-state": state },
    ...stations.map((station, place) => {
      const { name, text } = STATION_WORDS[station];
      const isReached = place <= reached;
      return el(
        "li",
        { "data-station": station, "data-reached": String(isReached), ...(place === reached && { "aria-current": "step" }) },
        el("b", {}, name),
        el("span", { class: "unseen" }, isReached ? " (done)" : " (not yet)"),
        el("small", {}, isReached ? text : "\u00a0"),
        station === "shipped" && trackingNumber ? el("small", { class: "tracking" }, "Tracking ", el("code", {}, trackingNumber)) : "",
      );
    }),
  );
}

const articles = ({ cart, total }, pictures) =>
  el(
    "section",
    { "aria-labelledby": "articles" },
    el("h2", { id: "articles" }, "What you ordered"),
    el(
      "ul",
      { class: "mini" },
      ...cart.map(({ itemid, name, quantity, price }) => el("li", {}, thumb(pictures.get(itemid)), el("span", {}, `${quantity} × `, el("a", { href: productAddress(itemid) }, name || "Something good")), el("b", {}, formatMoney(Math.round(price * 100) * quantity)))),
    ),
    el("dl", {}, el("div", { class: "total" }, el("dt", {}, "Total"), el("dd", {}, formatMoney(textToCents(total))))),
  );

function facts({ firstname, lastname, address, card }) {
  const place = [address.street, `${address.zip} ${address.city}`.trim(), address.country].filter(Boolean);
  return el(
    "aside",
    { class: "sum", "aria-label": "Delivery and payment" },
    el("h2", {}, "Goes to"),
    el("address", {}, ...[`${firstname} ${lastname}`.trim(), ...place].flatMap((line) => [line, el("br")])),
    el("h2", {}, "Card"),
    el("p", {}, `${card.type || "Card"} ending ${card.number.slice(-4)}`),
    el("p", { class: "acts" }, el("a", { class: "quiet", href: "#/orders" }, "All your orders")),
  );
}
