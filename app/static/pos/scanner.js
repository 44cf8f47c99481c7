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
  isNoCardText,
  looksLikeCode,
  looksLikeScan,
  mayBeCode,
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

/** Fewer keys a person may press by rolling the fingers over them, but no terminator as soon, and none as soon as this. */
const MIN_SHORT_LENGTH = 3;
const MAX_SHORT_GAP_MS = 20;

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

/**
 * @typedef {{code: string, quantity: number}} Reading How a scan may be read.
 *
 * @typedef {object} Typing How a text came into the field of a locked till.
 * @property {boolean} isEnded Whether it ended with Enter or Tab.
 * @property {boolean} isContinued Whether it follows at once what a machine had typed into the field before.
 * @property {boolean} isCode Whether it is made of what codes are made of.
 */

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
 *   onScan: (readings: Reading[], origin: {field: Element | null, text: string}) => void,
 *   isKnown: (code: string) => boolean,
 *   isClosed: () => boolean,
 *   isCardField: (field: Element) => boolean,
 *   isNameField: (field: Element) => boolean,
 *   mayBeSecret: (field: Element, text: string, typing: Typing) => boolean,
 *   isMeant: (field: Element, text: string) => boolean,
 * }} options `onScan` is told where the scan went, and as what text. While `isClosed` the fields are for names, PINs
 *   and passwords, which programs and security tokens type as fast as a scanner: what `mayBeSecret` is no scan unless
 *   it is certainly a code, and a name that ends with Tab is one when the typing goes on after it. In a card field what
 *   looks like a code and is no card is a scan. `isMeant` says whether a text makes sense in its field, like that of
 *   a search that finds something.
 */
export function listenForScans(page, { onScan, isKnown, isClosed, isCardField, isNameField, mayBeSecret, isMeant }) {
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
  /** Whether a name, or a code, has ended with Tab in the field for the name: what comes next tells. */
  let isHeld = false;
  let isContinued = false;
  /** When a machine's Tab has left a field of a locked till whose text was no scan. */
  let leftAt = -Infinity;
  /** Between the last key of the burst and its terminator. */
  let endGap = 0;

  /** @param {number} at */
  const startBurst = (at) => {
    typed = "";
    typedUs = "";
    longestGap = 0;
    wasClosed = isClosed();
    isContinued = isHeld || at - leftAt <= UNCERTAIN_MS;
    leftAt = -Infinity;
    // The next Enter is the program's.
    if (isHeld) scannedAt = -Infinity;
    isHeld = false;
    field = isTextField(page.activeElement) ? page.activeElement : null;
    textBefore = field?.value ?? "";
  };

  /** Whether the keys came as only a machine sends them, and so many. @param {{isEnded: boolean}} end */
  const isBurst = ({ isEnded }) => {
    const { length } = typed.trim();
    const isShort = length < (isEnded ? MIN_TERMINATED_LENGTH : MIN_UNTERMINATED_LENGTH);
    if (!isShort) return longestGap < MAX_SCANNER_GAP_MS;
    if (length < MIN_SHORT_LENGTH) return false;
    return isEnded ? Math.max(longestGap, endGap) < MAX_SCANNER_GAP_MS : longestGap < MAX_SHORT_GAP_MS;
  };

  const isMachine = () => longestGap <= MAX_MACHINE_GAP_MS;

  /** The same for a till that shows fields for names and secrets only. @param {Reading[]} readings @param {{isEnded: boolean}} end */
  const isScanWhileClosed = (readings, { isEnded }) => {
    /** @param {(code: string) => boolean} test */
    const some = (test) => readings.some(({ code }) => test(code));
    if (some(isCompleteCode)) return true;
    if (!field) return isEnded || isBurst({ isEnded });
    if (isEnded && isMachine() && some(isCertainCode)) return true;
    const isDigits = isEnded && isMachine() && some(looksLikeCode);
    if (!isDigits && !isBurst({ isEnded })) return false;
    // Few letters are a name that goes on with a click.
    if (!isEnded && isNameField(field) && typed.length < MIN_UNTERMINATED_LENGTH && !/\d/.test(typed)) return false;
    // The keys of a foreign layout show in letters that are no code's.
    const isPlain = /^[\x20-\x7e]+$/.test(typed);
    const isCode = readingsOf(typed, isPlain ? typed : typedUs).some(({ code }) => mayBeCode(code));
    return !mayBeSecret(field, typed, { isEnded, isContinued, isCode });
  };

  /** Whether a burst without a product is a scan. @param {Reading[]} readings @param {{isEnded: boolean}} end */
  const isScan = (readings, end) => {
    /** @param {(code: string) => boolean} test */
    const some = (test) => readings.some(({ code }) => test(code));
    if (!readings.length) return false;
    if (wasClosed) return isScanWhileClosed(readings, end);
    if (!field) return true;
    const mayBeCard = isCardField(field);
    if (some((code) => looksLikeScan(code, { mayBeCard }))) return true;
    // The terminator of a code that no card has would charge the card.
    if (mayBeCard) return isMachine() && isNoCardText(typed);
    const isLong = typed.length >= (end.isEnded ? MIN_CODE_LENGTH : MIN_UNTERMINATED_LENGTH);
    if (isMachine() && isLong && some((code) => looksLikeCode(code) || hasCardNumber(code))) return true;
    // Letters alone may be a name that a program types, or that a slow connection hands on at once.
    return isBurst(end) && !typed.includes("@") && !isMeant(field, typed);
  };

  /** Return the readings of what was typed, or null when it was no scan. @param {{isEnded: boolean}} end */
  const readBurst = (end) => {
    // A password that has opened the till is no code of a product.
    if (wasClosed !== isClosed()) return null;
    const mayBeShort = isBurst(end) || (isMachine() && (!field || isCardField(field)));
    const minLength = mayBeShort ? MIN_SHORT_LENGTH : MIN_CODE_LENGTH;
    const readings = readingsOf(typed, typedUs).filter(({ code }) => code.length >= minLength);
    const known = readings.filter(({ code }) => isKnown(code));
    if (known.length && !(wasClosed && !isMachine())) return known;
    return isScan(readings, end) ? readings : null;
  };

  /** Take a code without a terminator: at once if it is known or has all its digits, else from its speed. */
  const onSilence = () => {
    if (!typed || !isMachine()) return;
    const readings = readBurst({ isEnded: false });
    if (!readings) return;
    if (readings.some(({ code }) => isKnown(code) || isCompleteCode(code))) take(readings, lastKeyAt);
    else if (isBurst({ isEnded: false }))
      timer = setTimeout(takeUncertain, UNCERTAIN_MS - UNTERMINATED_MS, readings, lastKeyAt);
  };

  /** Take what may still turn out to be typed: a list that has come meanwhile finds it. @param {Reading[]} readings @param {number} at */
  const takeUncertain = (readings, at) => {
    if (wasClosed !== isClosed() || (!wasClosed && !readBurst({ isEnded: false }))) return;
    take(readings, at);
  };

  /** @param {Reading[]} readings @param {number} at */
  const take = (readings, at) => {
    const text = typed;
    typed = "";
    lastKeyAt = -Infinity;
    scannedAt = at;
    if (field) {
      field.value = textBefore;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      // A Tab that was let pass has moved on.
      if (isHeld) field.focus();
    }
    isHeld = false;
    onScan(readings, { field, text });
  };

  /** @param {KeyboardEvent} event */
  const swallow = (event) => {
    // Neither the button in focus nor the form around the field may take this key.
    event.preventDefault();
    event.stopImmediatePropagation();
  };

  /** @param {KeyboardEvent} event */
  const onTerminator = (event) => {
    endGap = event.timeStamp - lastKeyAt;
    const isFast = endGap <= MAX_KEY_GAP_MS;
    const readings = isFast && typed ? readBurst({ isEnded: true }) : null;
    const isName = readings && wasClosed && event.key === "Tab" && field && isNameField(field);
    lastKeyAt = -Infinity;
    if (isName && !readings.some(({ code }) => isKnown(code) || isCompleteCode(code))) {
      // A password manager types name, Tab and password without a pause.
      isHeld = true;
      scannedAt = event.timeStamp;
      timer = setTimeout(takeUncertain, UNCERTAIN_MS, readings, event.timeStamp);
    } else if (readings) {
      swallow(event);
      take(readings, event.timeStamp);
    } else if (event.timeStamp - scannedAt <= TERMINATOR_WINDOW_MS) {
      swallow(event);
      scannedAt = event.timeStamp;
    } else if (isFast && typed && wasClosed && isMachine()) leftAt = event.timeStamp;
    typed = "";
  };

  page.addEventListener(
    "keydown",
    (event) => {
      // Autofill dispatches keydown events without a key.
      if (!event.key || isComposing(event)) return;
      if (isTerminator(event)) {
        if (!isHeld) clearTimeout(timer);
        onTerminator(event);
        return;
      }
      // The separator of a GS1 code arrives as a function key from some scanners.
      if (/^F\d+$/.test(event.key) && typed && event.timeStamp - lastKeyAt <= MAX_MACHINE_GAP_MS) swallow(event);
      if (event.ctrlKey || event.altKey || event.metaKey || event.key.length !== 1) return;
      const gap = event.timeStamp - lastKeyAt;
      if (gap > MAX_KEY_GAP_MS) startBurst(event.timeStamp);
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
  // Scanners press no buttons: who does has typed.
  page.addEventListener("pointerdown", () => isHeld || clearTimeout(timer), { capture: true });
}
