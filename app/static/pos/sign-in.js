/** The sign-in page of the till: only staff may sell. */

import { byId, isolate, showText } from "../client/dom.js";
import { isShopError, isUnanswered, NO_ANSWER, waitText } from "../client/errors.js";
import { JsonStorage } from "../client/storage.js";
import { codeNote, readPin } from "./idle-lock.js";
import { TypedSecret } from "./typed-secret.js";

/** @type {Partial<Record<import("../client/errors.js").ShopError["kind"], string>>} */
const MESSAGES = {
  "sign in": "Name or password is wrong. Try again.",
  network: "No connection to the shop. Check the network, then try again.",
  shop: NO_ANSWER,
};

/** Who signed in last: a name to start an outage with, no right to anything. */
const LAST_STAFF_KEY = "acme-till.last-staff";

/** So long after the last sign-in a till may be opened without the network: a shift and its breaks. */
const OFFLINE_MS = 16 * 60 * 60_000;

const storage = new JsonStorage();

/** @param {string} id */
const input = (id) => /** @type {HTMLInputElement} */ (byId(id));

export class SignIn {
  #shop;
  #onSignedIn;
  #typed = new TypedSecret(byId("sign-in-typed"), (text) => {
    input("password").value = text;
    this.#signIn();
  });

  /**
   * @param {{
   *   shop: import("../client/api.js").Api, onSignedIn: (secrets?: {pin: string, password: string}) => void,
   * }} options `onSignedIn` is given the password and the PIN that was chosen, and nothing where staff were signed
   *   in before.
   */
  constructor({ shop, onSignedIn }) {
    this.#shop = shop;
    this.#onSignedIn = onSignedIn;
    byId("sign-in-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#signIn();
    });
    byId("sign-in-offline").addEventListener("click", () => this.#open());
    shop.addEventListener("network", () => this.#renderOffline());
  }

  /** The name of who signed in last in this browser, or "". */
  get lastName() {
    const last = /** @type {{name?: unknown, at?: unknown} | null} */ (storage.read(LAST_STAFF_KEY));
    const isRecent = typeof last?.at === "number" && Math.abs(Date.now() - last.at) < OFFLINE_MS;
    return isRecent && typeof last?.name === "string" ? last.name : "";
  }

  /** Remember who is signed in. @param {string} name */
  remember(name) {
    storage.write(LAST_STAFF_KEY, { name, at: Date.now() });
  }

  /**
   * Whether what a machine has typed may be a password for the name that is entered, or a PIN.
   * @param {Element} field @param {string} text @param {import("./scanner.js").Typing} typing
   */
  mayBeSecret(field, text, { isEnded, isContinued, isCode }) {
    // The end of a PIN signs in.
    if (field === byId("pin")) return readPin(text) !== "" && (isContinued || !isEnded);
    return field === byId("password") && this.#hasName && (isContinued || !isCode);
  }

  get #hasName() {
    return input("username").value.trim() !== "";
  }

  /**
   * Say that a scan was not added.
   * @param {import("./scanner.js").Reading[]} readings @param {{field: Element | null, text: string}} origin
   */
  refuseScan(readings, { field, text }) {
    showText(
      byId("sign-in-error"),
      `The till is signed out; nothing was added${codeNote(readings)}. Sign in, then scan again.`,
    );
    this.#typed.offer(field === byId("password") && this.#hasName ? text : "");
  }

  /** Forget who was signed in. */
  forget() {
    storage.write(LAST_STAFF_KEY, null);
  }

  /** Open the till for staff who are signed in already; ask everyone else. */
  start() {
    const { user } = this.#shop;
    if (user?.isStaff) this.#open();
    else this.show(user ? this.#notStaffMessage(user.name) : "Sign in to start selling.");
  }

  /** @param {string} note */
  show(note) {
    byId("sign-in-note").textContent = note;
    showText(byId("sign-in-error"), "");
    this.#typed.clear();
    byId("sign-in-page").hidden = false;
    document.body.dataset.view = "sign-in";
    byId("username").focus();
    this.#renderOffline();
    if (this.lastName) this.#checkNetwork();
  }

  /** Find out whether the shop can be reached; the till without a sign-in calls nothing that would tell. */
  async #checkNetwork() {
    try {
      await this.#shop.callPublic("/healthz");
    } catch (failure) {
      if (!isShopError(failure)) throw failure;
    }
  }

  /**
   * Offer to go on without a network. Articles are added and payments wait, but nothing is read
   * or sent before a member of staff has signed in.
   */
  #renderOffline() {
    const button = byId("sign-in-offline");
    button.hidden = this.#shop.isOnline || !this.lastName;
    button.textContent = `Go on as ${this.lastName} without a network`;
  }

  /** @param {string} name */
  #notStaffMessage(name) {
    return `${isolate(name)} is a customer. The till is for staff: sign in with a staff account.`;
  }

  async #signIn() {
    const button = /** @type {HTMLButtonElement} */ (byId("sign-in-button"));
    if (button.disabled) return;
    const pin = input("pin").value;
    const password = input("password").value;
    if (pin.trim() && !readPin(pin)) {
      showText(byId("sign-in-error"), "A PIN has 4 to 8 digits.");
      input("pin").focus();
      return;
    }
    button.disabled = true;
    this.#typed.clear();
    showText(byId("sign-in-error"), "");
    let isKept = false;
    try {
      await this.#shop.signIn(input("username").value.trim(), password);
      const { user } = this.#shop;
      if (user?.isStaff) {
        this.remember(user.name);
        input("pin").value = "";
        this.#open({ pin, password });
      } else showText(byId("sign-in-error"), this.#notStaffMessage(user?.name ?? ""));
    } catch (failure) {
      if (!isShopError(failure)) throw failure;
      showText(byId("sign-in-error"), waitText(failure) || (MESSAGES[failure.kind] ?? failure.message));
      // What the shop has not looked at need not be typed again.
      isKept = isUnanswered(failure);
    } finally {
      button.disabled = false;
      if (!isKept) input("password").value = "";
    }
  }

  /** Open the till without a network and without a right to anything. */
  openOffline() {
    this.#open();
  }

  /** @param {{pin: string, password: string}} [secrets] */
  #open(secrets) {
    byId("sign-in-page").hidden = true;
    this.#onSignedIn(secrets);
  }
}
