/**
 * The lock of the till: it closes after a time without a touch (a setting of the shop), or by hand, and
 * opens with the PIN of the member of staff who is signed in, or with their password. Sales on their way go on behind it.
 *
 * It keeps out people who pass by, not those who open the browser's tools. The PIN is in memory only: after a
 * reload, which stays locked, the password opens.
 */

import { toAsciiDigits } from "../client/digits.js";
import { byId, isolate, showText } from "../client/dom.js";
import { isShopError, NO_ANSWER, waitText } from "../client/errors.js";
import { JsonStorage } from "../client/storage.js";
import { showableCode } from "./barcode.js";
import { SecretFilter } from "./secret-filter.js";
import { shopFacts } from "./shop-facts.js";
import { TypedSecret } from "./typed-secret.js";

const CHECK_MS = 5000;

/** Keys of a scan come this soon after one another, and its terminators a little later. */
const SCAN_GAP_MS = 100;
const TERMINATOR_GAP_MS = 300;
const MIN_SCAN_KEYS = 4;

/** How often the time of the last touch is stored, at most. */
const STORE_MS = 5000;

const STORAGE_KEY = "acme-till.lock";

/** After so many wrong PINs only the password opens. */
const MAX_TRIES = 5;

/** What a scanner types into the field may be a password for all the till knows, so this tells of scans, too. */
const WRONG = "This is not right. Try again. A scan adds nothing while the till is locked.";

/** In the tab's own storage, as the tokens are. */
const storage = new JsonStorage(() => sessionStorage);

/** Passwords are at least as long, PINs at most. */
const MAX_PIN_LENGTH = 8;

/** Return a text as a PIN, four to eight digits of any script; "" if it is none. @param {string} text */
export const readPin = (text) => /^\d{4,8}$/.exec(toAsciiDigits(text.trim()))?.[0] ?? "";

/** Return what a message says of a code that was refused. @param {import("./scanner.js").Reading[]} readings */
export function codeNote(readings) {
  const code = showableCode(readings);
  return code ? ` (code ${code.slice(0, 40)})` : "";
}

const secret = /** @type {HTMLInputElement} */ (byId("lock-secret"));

export class IdleLock {
  #shop;
  #actions;
  #pin = "";
  #filter = new SecretFilter();
  #typed = new TypedSecret(byId("lock-typed"), (text) => {
    secret.value = text;
    this.#unlock();
  });
  #tries = 0;
  #isBusy = false;
  #touchedAt = Date.now();
  #touchedTick = performance.now();
  #storedAt = 0;
  /** When the last key came of those that found the till idle, and how many they were. */
  #lateKeyAt = -Infinity;
  #lateKeys = 0;

  isLocked = false;

  /**
   * @param {{
   *   shop: import("../client/api.js").Api,
   *   actions: {
   *     isInUse: () => boolean, name: () => string, lock: () => void, unlock: () => void,
   *     switchStaff: () => string, goOffline: () => void,
   *   },
   * }} options `isInUse` says whether the till is on screen, `name` who is signed in; `lock` takes it off the
   *   screen and `unlock` puts it back; `switchStaff` signs out, or returns why not; `goOffline` goes on
   *   without a sign-in.
   */
  constructor({ shop, actions }) {
    this.#shop = shop;
    this.#actions = actions;
    for (const type of ["keydown", "pointerdown"]) {
      addEventListener(type, (event) => this.#onTouch(event), { capture: true });
    }
    document.addEventListener("visibilitychange", () => this.#check());
    setInterval(() => this.#check(), CHECK_MS);
    byId("lock").addEventListener("click", () => this.lock());
    byId("lock-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#unlock();
    });
    byId("switch-staff").addEventListener("click", () => showText(byId("lock-error"), actions.switchStaff()));
    byId("lock-offline").addEventListener("click", () => actions.goOffline());
  }

  /**
   * Start for the member of staff who signed in. A PIN opens the lock until they sign out, "" is none.
   * @param {{pin: string, password: string}} secrets
   */
  setSecrets({ pin, password }) {
    this.#setPin(pin);
    this.#filter.clear();
    this.#filter.add(password);
  }

  /** @param {string} pin */
  #setPin(pin) {
    this.#pin = readPin(pin);
    this.#tries = 0;
  }

  /** The till is on screen: lock it again if it was locked before a reload, or was not touched for long. */
  begin() {
    const stored = /** @type {{isLocked?: boolean, touchedAt?: number} | null} */ (storage.read(STORAGE_KEY));
    if (stored?.touchedAt) this.#touchedAt = stored.touchedAt;
    if (stored?.isLocked) this.lock();
    else this.#check();
  }

  /**
   * Whether what a machine has typed into a field may open the lock.
   * @param {Element} field @param {string} text @param {{isCode: boolean}} typing
   */
  mayBeSecret(field, text, typing) {
    if (!this.isLocked || field !== secret) return false;
    return (this.#pin !== "" && readPin(text) === this.#pin) || this.#filter.mayBeSecret(text, typing);
  }

  /** Take the till off the screen until the PIN or the password is entered. */
  lock() {
    if (this.isLocked || !this.#shop.user) return;
    this.isLocked = true;
    this.#filter.startLock();
    this.#store();
    this.#actions.lock();
    this.#show("");
  }

  /** Forget the lock: staff have signed out. */
  clear() {
    this.setSecrets({ pin: "", password: "" });
    this.#open();
    storage.write(STORAGE_KEY, null);
  }

  /**
   * Say that a scan was not added.
   * @param {import("./scanner.js").Reading[]} readings @param {{field: Element | null, text: string}} origin
   */
  refuseScan(readings, { field, text }) {
    showText(
      byId("lock-error"),
      `The till is locked, and nothing was added${codeNote(readings)}. Unlock it, then scan again.`,
    );
    this.#typed.offer(field === secret && this.#filter.isEmpty ? text : "");
  }

  get #idleMs() {
    return Math.max(Date.now() - this.#touchedAt, performance.now() - this.#touchedTick);
  }

  #check() {
    const { tillLockMinutes } = shopFacts();
    if (this.isLocked || !tillLockMinutes || !this.#actions.isInUse()) return;
    if (this.#idleMs >= tillLockMinutes * 60_000) this.lock();
  }

  /**
   * Timers stand still while a computer sleeps: the first key after that must not reach the till, and
   * what follows it at once, like the rest of a scan, must not reach the field for the password.
   * @param {Event} event
   */
  #onTouch(event) {
    if (this.isLocked) {
      const isTerminator = event instanceof KeyboardEvent && (event.key === "Enter" || event.key === "Tab");
      if (event.timeStamp - this.#lateKeyAt > (isTerminator ? TERMINATOR_GAP_MS : SCAN_GAP_MS)) return;
      this.#takeLate(event);
      return;
    }
    this.#check();
    if (this.isLocked) {
      this.#lateKeys = 0;
      this.#takeLate(event);
      return;
    }
    this.#touchedAt = Date.now();
    this.#touchedTick = performance.now();
    if (this.#touchedAt - this.#storedAt > STORE_MS) this.#store();
  }

  /** @param {Event} event */
  #takeLate(event) {
    event.preventDefault();
    event.stopImmediatePropagation();
    if (event.type !== "keydown") return;
    this.#lateKeyAt = event.timeStamp;
    this.#lateKeys += 1;
    if (this.#lateKeys === MIN_SCAN_KEYS)
      showText(byId("lock-error"), "The till has locked itself: what was scanned just now was not added.");
  }

  #store() {
    this.#storedAt = Date.now();
    storage.write(STORAGE_KEY, { isLocked: this.isLocked, touchedAt: this.#touchedAt });
  }

  /** @param {string} error */
  #show(error) {
    byId("lock-label").textContent = this.#pin ? "PIN or password" : "Password";
    byId("lock-note").textContent = `${isolate(this.#actions.name())} is signed in. Sales on their way go on.`;
    byId("lock-offline").hidden = this.#shop.isOnline || Boolean(this.#pin);
    showText(byId("lock-error"), error);
    this.#typed.clear();
    secret.value = "";
    byId("lock-page").hidden = false;
    secret.focus();
  }

  #open() {
    this.isLocked = false;
    byId("lock-page").hidden = true;
    this.#typed.clear();
    secret.value = "";
    this.#touchedAt = Date.now();
    this.#touchedTick = performance.now();
    this.#store();
  }

  async #unlock() {
    if (this.#isBusy || !this.isLocked) return;
    this.#setBusy(true);
    this.#typed.clear();
    showText(byId("lock-error"), "");
    const error = await this.#checkSecret(secret.value);
    this.#setBusy(false);
    // Another page may have taken the till meanwhile, or the session may be over.
    if (!this.isLocked) return;
    if (error) {
      this.#show(error);
      return;
    }
    this.#open();
    this.#actions.unlock();
  }

  /** @param {boolean} isBusy */
  #setBusy(isBusy) {
    this.#isBusy = isBusy;
    /** @type {HTMLButtonElement} */ (byId("unlock")).disabled = isBusy;
  }

  /** Return what is wrong with a PIN or password, "" if nothing is. @param {string} typed */
  async #checkSecret(typed) {
    const pin = this.#pin && readPin(typed);
    if (pin && pin !== this.#pin && pin.length < MAX_PIN_LENGTH) return this.#countWrongPin();
    if (pin && pin === this.#pin) {
      this.#tries = 0;
      return "";
    }
    try {
      await this.#shop.signInAgain(typed);
      this.#filter.add(typed);
      return this.#shop.user?.isStaff ? "" : "This account is no member of staff any more. Sign in as someone else.";
    } catch (failure) {
      if (!isShopError(failure)) throw failure;
      if (failure.kind === "sign in") return WRONG;
      if (failure.kind === "network") return "No connection: the shop cannot check the password.";
      return waitText(failure) || NO_ANSWER;
    }
  }

  #countWrongPin() {
    this.#tries += 1;
    if (this.#tries < MAX_TRIES) return WRONG;
    this.#setPin("");
    return "Too many wrong PINs. Enter the password.";
  }
}
