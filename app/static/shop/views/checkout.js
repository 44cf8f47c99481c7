/** Checkout: one form and one order, however often it is submitted, repeated or reloaded. */

import { backoffMs, sleep } from "../../client/backoff.js";
import { declineMessage, declineMessageOf, isLocalShop } from "../../client/card.js";
import { el } from "../../client/dom.js";
import { isShopError, isUnanswered, waitText } from "../../client/errors.js";
import { formatMoney, sumCents } from "../../client/money.js";
import { productImage } from "../../client/product-image.js";
import { addressFields } from "../address-fields.js";
import { cardFields } from "../card-fields.js";
import { GUEST } from "../cart-store.js";
import { linkButton, orderUrl, pageSkeleton, panel } from "../components.js";
import { Form } from "../form.js";
import { failureMessage } from "../messages.js";
import { areSold, orderOf, quantitiesOf } from "../new-order.js";
import {
  beginAttempt,
  currentAttempt,
  endAttempt,
  findAttempt,
  findOrder,
  settleAttempt,
  updateAttempt,
} from "../payment-attempt.js";
import { rememberedAddress, rememberQuestion } from "../remembered-address.js";

/** @import { Api } from "../../client/api.js" */
/** @import { ShopError } from "../../client/errors.js" */
/** @import { NewOrder, Order } from "../../client/types.js" */
/** @import { Attempt, Context, View } from "../context.js" */
/** @import { Field } from "../form.js" */

const UNCHARGED = " Nothing was charged.";

/** How often an order without an answer is sent again by itself, under its key. */
const REPEATS = 3;

/** A longer wait that the shop asks for is left to the shopper. */
const LONGEST_WAIT_MS = 15_000;

const UNKNOWN_OUTCOME =
  "No answer came, so it is not known yet whether the order arrived. Pay again when the network is back: the shop keeps only one of the two.";

/** @param {Context} context @returns {View} */
export const checkoutView =
  ({ api, cartStore, catalog, router, announce, goToLogin }) =>
  async ({ signal, show }) => {
    show("Checkout", ...pageSkeleton("Checkout"));
    if (!api.user && !(await guestsMayBuy(api, signal))) {
      goToLogin("#/checkout");
      return;
    }
    const userId = cartStore.owner;
    const describeCart = () => catalog.describe(cartStore.lines ?? []);
    const open = findAttempt(userId);
    const earlier = open?.isSent ? await findOrder(api, userId, open) : null;
    if (signal.aborted) return;
    if (open && earlier && earlier.state !== "declined") {
      await arrive(earlier, open, "?earlier");
      return;
    }
    if (open && earlier) endAttempt(userId, open);
    // Another device may have changed the cart.
    await cartStore.load();
    const profile = api.user ? await api.getUser(userId) : { firstname: "", lastname: "", email: "" };
    const described = await describeCart();
    if (!described.length) {
      show(
        "Checkout",
        panel(
          "rest",
          "Nothing to pay for",
          "An empty cart weighs nothing and costs the same.",
          linkButton("#/", "To the shelves"),
        ),
      );
      return;
    }
    if (!areSold(described)) {
      router.go("#/cart", { isReplacing: true });
      return;
    }
    let lines = described;

    const address = addressFields(profile, rememberedAddress(userId) ?? {});
    const remember = rememberQuestion(userId, announce);
    const card = cardFields();
    const form = new Form({
      fields: [...address.all, ...card.all],
      submitLabel: "",
      busyLabel: "Asking the bank …",
      onSubmit: pay,
      messageOf: (failure) =>
        isUnanswered(failure) && findAttempt(userId)?.isSent ? UNKNOWN_OUTCOME : failureMessage(failure),
      layout: () => [
        group("Where to", address.all, { after: remember.element }),
        group("How to pay", card.all, {
          before: isLocalShop(location.hostname) ? card.testCards(() => form.clearErrors()) : "",
        }),
      ],
    });
    /** How often the order of this submission has been sent. */
    let sends = 0;
    const summary = el("aside", { class: "sum", "aria-label": "Your order" });
    const notice = el("p", { class: "banner", role: "status", hidden: true });
    if (open?.isSent) {
      notice.hidden = false;
      notice.textContent = earlier
        ? `The last try was declined. ${declineMessageOf(earlier)} Nothing was charged.`
        : "The last try did not get an answer, and the shop knows of no order yet. Pay again: it keeps only one of the two.";
    }
    drawSum();
    show("Checkout", el("h1", {}, "Checkout"), notice, el("div", { class: "split checkout" }, form.element, summary));

    function drawSum() {
      const total = formatMoney(sumCents(lines));
      form.submitLabel = `Pay ${total}`;
      form.showProgress(form.submitLabel);
      summary.replaceChildren(
        el("h2", {}, "Your order"),
        el(
          "ul",
          { class: "mini" },
          ...lines.map(({ product, quantity, cents }) =>
            el(
              "li",
              {},
              productImage(product.image),
              el("span", {}, `${quantity} × `, el("bdi", {}, product.name)),
              el("b", {}, formatMoney(cents * quantity)),
            ),
          ),
        ),
        el(
          "dl",
          {},
          el("div", {}, el("dt", {}, "Shipping"), el("dd", {}, "On us")),
          el("div", { class: "total" }, el("dt", {}, "Total"), el("dd", {}, total)),
        ),
      );
    }

    async function pay() {
      notice.hidden = true;
      if (cartStore.owner !== userId) {
        router.reload();
        return;
      }
      // The key is read before the cart: paying in another tab empties the cart first and then ends the key.
      const attempt = beginAttempt(userId);
      const wasSent = Boolean(attempt.isSent);
      if (await hasChanged({ isSure: !wasSent })) return;
      const order = { ...orderOf(address.read(), lines), card: card.read() };
      updateAttempt(userId, attempt, { isSent: true });
      sends = 0;
      let answer;
      try {
        answer = await send(attempt.key, order);
      } catch (failure) {
        if (!isShopError(failure)) throw failure;
        if (failure.status === 422) await settle(attempt, failure);
        else if (failure.kind === "refused" || failure.status === 429) {
          // An earlier request may still arrive. The key stays in use: it has made no order here.
          const isSure = !wasSent && sends === 1;
          if (isSure) updateAttempt(userId, attempt, { isSent: false });
          if (failure.status === 429) form.showError(`${waitText(failure)}${isSure ? UNCHARGED : ""}`);
          else await refuse(failure, { isSure });
        } else throw failure;
        return;
      }
      const { success, status, message } = answer.payment;
      if (success !== "true" && status !== 200) {
        decline(attempt, answer.order_id, message);
        return;
      }
      remember.save(address.values());
      await arrive({ _id: answer.order_id, cart: order.cart }, attempt);
    }

    /** @param {Attempt} attempt @param {string} orderId @param {string} message */
    function decline(attempt, orderId, message) {
      if (!currentAttempt(userId, attempt)) {
        // Another tab has gone to the order when it was pending, with the cart.
        router.go(orderUrl(orderId), { isReplacing: true });
        return;
      }
      endAttempt(userId, attempt);
      card.clear();
      card.all[0]?.focus();
      form.showError(
        `Declined: ${declineMessage(message)} Nothing was charged. Your cart is untouched; try another card.`,
      );
    }

    /** Another tab or device may have paid for this cart, or put something else in it. @param {{isSure: boolean}} options */
    async function hasChanged({ isSure }) {
      const before = quantitiesOf(lines);
      await cartStore.load();
      if (quantitiesOf(cartStore.lines ?? []) === before) return false;
      const changed = await describeCart();
      if (!changed.length || !areSold(changed)) {
        router.reload();
        return true;
      }
      lines = changed;
      drawSum();
      form.showError(`The cart has changed meanwhile. Look again before you pay.${isSure ? UNCHARGED : ""}`);
      return true;
    }

    /** Send until there is an answer, always under one key. @param {string} key @param {NewOrder} order */
    async function send(key, order) {
      for (let repeat = 0; ; repeat += 1) {
        sends += 1;
        try {
          return await api.placeOrder(userId, order, key, { allowGuest: true });
        } catch (failure) {
          if (!isUnanswered(failure) || repeat >= REPEATS || failure.retryAfterMs > LONGEST_WAIT_MS) throw failure;
          form.showProgress("No answer yet, asking again …");
          announce("No answer yet. Asking again; you cannot be charged twice.");
          await sleep(backoffMs(repeat, failure.retryAfterMs));
        }
      }
    }

    /** The key has made another order already: an earlier try has arrived after all. @param {Attempt} attempt @param {ShopError} failure */
    async function settle(attempt, failure) {
      const order = await findOrder(api, userId, attempt);
      if (!order) throw failure;
      if (order.state !== "declined") {
        await arrive(order, attempt, "?earlier");
        return;
      }
      endAttempt(userId, attempt);
      form.showError(
        `An earlier try has arrived after all, and was declined. ${declineMessageOf(order)} This card was not asked, and nothing was charged: pay again.`,
      );
    }

    /** The shop has refused the order itself, mostly because a price has moved. @param {ShopError} failure @param {{isSure: boolean}} options */
    async function refuse(failure, { isSure }) {
      const before = sumCents(lines);
      await catalog.load({ isFresh: true });
      const changed = await describeCart();
      if (!areSold(changed)) {
        router.go("#/cart");
        return;
      }
      lines = changed;
      drawSum();
      const now = sumCents(lines);
      const message =
        now === before
          ? failure.message
          : `Prices have moved: ${formatMoney(before)} is ${formatMoney(now)} now. Look again before you pay.`;
      form.showError(`${message}${isSure ? UNCHARGED : ""}`);
    }

    /**
     * Go to an order, after taking it out of the cart.
     * @param {Pick<Order, "_id"> & {state?: string, cart: {itemid: string, quantity: number}[]}} order
     * @param {Attempt} attempt @param {string} [query]
     */
    async function arrive(order, attempt, query = "") {
      try {
        await settleAttempt(cartStore, userId, attempt, order);
      } catch (failure) {
        if (!isShopError(failure)) throw failure;
        // The attempt stays open: the next start of the shop settles it.
        announce("The order is in; the cart could not be emptied yet.");
      }
      if (cartStore.owner === userId) router.go(orderUrl(order._id, query), { isReplacing: true });
    }
  };

/** @param {Api} api @param {AbortSignal} signal */
async function guestsMayBuy(api, signal) {
  try {
    await api.callPublic(`/cart/total/${GUEST}`, { signal });
    return true;
  } catch (failure) {
    if (!isShopError(failure) || failure.kind !== "sign in") throw failure;
    return false;
  }
}

/** @param {string} title @param {Field[]} fields @param {{before?: HTMLElement|string, after?: HTMLElement|string}} [around] */
const group = (title, fields, { before = "", after = "" } = {}) =>
  el(
    "fieldset",
    {},
    el("legend", {}, title),
    before,
    el("div", { class: "fields" }, ...fields.map(({ element }) => element)),
    after,
  );
