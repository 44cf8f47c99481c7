/**
 * A barcode scanner is a keyboard that types fast and ends with Enter, Tab or nothing. This
 * module listens to the whole page, so a scan needs no focus, and tells a scan from typing by
 * its speed.
 *
 * In a text field people type, some of them fast: there only a code that a product has, one
 * that looks like a code, or one that came faster than people type and finds nothing counts as a
 * scan. The field gets its old text back.
 */

import {
  hasCardNumber,
  isCertainCode,
  isCompleteCode,
  looksLikeCode,
  looksLikeScan,
  readingsOf,
  usCharacterOf,
} from "./barcode.js";
import { isComposing } from "./keyboard.js";

/** Scanners need 1 to 50 ms per character, some radio ones a little more. */
const MAX_KEY_GAP_MS = 100;

/** No person presses four keys in a row as quickly as this. */
const MAX_MACHINE_GAP_MS = 35;

/** So many keys, each sooner than this after the one before, are no person's, whatever they spell. */
const MAX_SCANNER_GAP_MS = 30;
const MIN_TERMINATED_LENGTH = 5;
const MIN_UNTERMINATED_LENGTH = 6;

/** So long after its last key a code that has no terminator is over. */
const UNTERMINATED_MS = 150;

/** The same for a code that only its speed tells: a busy computer may hand its keys on in two parts. */
const UNCERTAIN_MS = 600;

/**
 * Many scanners end with two terminators (CR and LF, or CR twice). For this long after a
 * scan another one does nothing: it would press the button in focus, or start a payment.
 */
const TERMINATOR_WINDOW_MS = 300;

const MIN_CODE_LENGTH = 4;

/** @typedef {{code: string, quantity: number}} Reading How a scan may be read. */

/** @param {Element | null} element @returns {element is HTMLInputElement | HTMLTextAreaElement} */
const isTextField = (element) =>
  element instanceof HTMLTextAreaElement ||
  (element instanceof HTMLInputElement && !["checkbox", "radio", "button"].includes(element.type));

/** Whether a key ends a scan; scanners send a line feed as Ctrl+J. @param {KeyboardEvent} event */
const isTerminator = ({ key, ctrlKey, altKey, metaKey }) =>
  !altKey && !metaKey && (ctrlKey ? key === "j" || key === "m" : key === "Enter" || key === "Tab");

/**
 * Call `onScan(readings)` for every scan on `page`.
 * @param {Document} page
 * @param {{
 *   onScan: (readings: Reading[]) => void,
 *   isKnown: (code: string) => boolean,
 *   isClosed: () => boolean,
 *   isCardField: (field: Element) => boolean,
 *   mayBeSecret: (field: Element, text: string) => boolean,
 *   hasHits: (field: Element) => boolean,
 * }} options While `isClosed` the fields are for names, PINs and passwords, which programs and security tokens
 *   type as fast as a scanner: what `mayBeSecret` is no scan unless it is certainly a code. In a card field what
 *   looks like a code and is no card is a scan. `hasHits` says whether the text of a search finds something.
 */
export function listenForScans(page, { onScan, isKnown, isClosed, isCardField, mayBeSecret, hasHits }) {
  let typed = "";
  let typedUs = "";
  let longestGap = 0;
  let lastKeyAt = -Infinity;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let scannedAt = -Infinity;
  /** @type {HTMLInputElement | HTMLTextAreaElement | null} */
  let field = null;
  let textBefore = "";
  let wasClosed = false;

  const startBurst = () => {
    typed = "";
    typedUs = "";
    longestGap = 0;
    wasClosed = isClosed();
    field = isTextField(page.activeElement) ? page.activeElement : null;
    textBefore = field?.value ?? "";
  };

  /** Whether the keys came as only a scanner sends them, and so many. @param {number} minLength */
  const isBurst = (minLength) => longestGap < MAX_SCANNER_GAP_MS && typed.trim().length >= minLength;

  /** Whether a burst without a product is a scan. @param {Reading[]} readings @param {{endsWithEnter: boolean}} end */
  const isScan = (readings, { endsWithEnter }) => {
    /** @param {(code: string) => boolean} test */
    const some = (test) => readings.some(({ code }) => test(code));
    const isMachine = longestGap <= MAX_MACHINE_GAP_MS;
    if (wasClosed) {
      if (isMachine && some(endsWithEnter ? isCertainCode : isCompleteCode)) return true;
      if (!endsWithEnter) return !field && isBurst(MIN_UNTERMINATED_LENGTH);
      return isBurst(MIN_TERMINATED_LENGTH) && !(field && mayBeSecret(field, typed));
    }
    if (!field) return readings.length > 0;
    const mayBeCard = isCardField(field);
    if (some((code) => looksLikeScan(code, { mayBeCard }))) return true;
    // Letters in a card field come from a scanner; the terminator of such a code would charge the card.
    if (mayBeCard) return isMachine && some((code) => /\p{L}/u.test(code));
    if (isMachine && some((code) => looksLikeCode(code) || hasCardNumber(code))) return true;
    // Letters alone may be a name that a program types, or that a slow connection hands on at once.
    return isBurst(MIN_TERMINATED_LENGTH) && !typed.includes("@") && !hasHits(field);
  };

  /** Return the readings of what was typed, or null when it was no scan. @param {{endsWithEnter: boolean}} end */
  const readBurst = (end) => {
    // A password that has opened the till is no code of a product.
    if (wasClosed !== isClosed()) return null;
    const readings = readingsOf(typed, typedUs).filter(({ code }) => code.length >= MIN_CODE_LENGTH);
    const known = readings.filter(({ code }) => isKnown(code));
    if (known.length && !(wasClosed && longestGap > MAX_MACHINE_GAP_MS)) return known;
    return isScan(readings, end) ? readings : null;
  };

  /** Take a code without a terminator: at once if it is known or has all its digits, else from its speed. */
  const onSilence = () => {
    if (!typed || longestGap > MAX_MACHINE_GAP_MS) return;
    const readings = readBurst({ endsWithEnter: false });
    if (!readings) return;
    if (readings.some(({ code }) => isKnown(code) || isCompleteCode(code))) take(readings, lastKeyAt);
    else if (isBurst(MIN_UNTERMINATED_LENGTH))
      timer = setTimeout(takeUncertain, UNCERTAIN_MS - UNTERMINATED_MS, readings, lastKeyAt);
  };

  /** @param {Reading[]} readings @param {number} at */
  const takeUncertain = (readings, at) => wasClosed === isClosed() && take(readings, at);

  /** @param {Reading[]} readings @param {number} at */
  const take = (readings, at) => {
    typed = "";
    lastKeyAt = -Infinity;
    scannedAt = at;
    if (field) {
      field.value = textBefore;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    onScan(readings);
  };

  /** @param {KeyboardEvent} event */
  const swallow = (event) => {
    // Neither the button in focus nor the form around the field may take this key.
    event.preventDefault();
    event.stopImmediatePropagation();
  };

  /** @param {KeyboardEvent} event */
  const onTerminator = (event) => {
    const isFast = event.timeStamp - lastKeyAt <= MAX_KEY_GAP_MS;
    const readings = isFast && typed ? readBurst({ endsWithEnter: event.key !== "Tab" }) : null;
    typed = "";
    lastKeyAt = -Infinity;
    if (readings) {
      swallow(event);
      take(readings, event.timeStamp);
    } else if (event.timeStamp - scannedAt <= TERMINATOR_WINDOW_MS) {
      swallow(event);
      scannedAt = event.timeStamp;
    }
  };

  page.addEventListener(
    "keydown",
    (event) => {
      // Autofill dispatches keydown events without a key.
      if (!event.key || isComposing(event)) return;
      if (isTerminator(event)) {
        clearTimeout(timer);
        onTerminator(event);
        return;
      }
      // The separator of a GS1 code arrives as a function key from some scanners.
      if (/^F\d+$/.test(event.key) && typed && event.timeStamp - lastKeyAt <= MAX_MACHINE_GAP_MS) swallow(event);
      if (event.ctrlKey || event.altKey || event.metaKey || event.key.length !== 1) return;
      const gap = event.timeStamp - lastKeyAt;
      if (gap > MAX_KEY_GAP_MS) startBurst();
      else longestGap = Math.max(longestGap, gap);
      clearTimeout(timer);
      timer = setTimeout(onSilence, UNTERMINATED_MS);
      typed += event.key;
      typedUs += usCharacterOf(event);
      lastKeyAt = event.timeStamp;
      // A space in the middle of a scan must not press the button in focus.
      if (event.key === " " && !field && typed.trim()) event.preventDefault();
    },
    { capture: true },
  );
}
