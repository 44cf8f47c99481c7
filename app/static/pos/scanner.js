/**
 * A barcode scanner is a keyboard that types fast and ends with Enter or Tab. This module
 * listens to the whole page, so a scan needs no focus, and tells a scan from typing by its
 * speed.
 *
 * In a text field people type, some of them fast: there only a code that a product has, or
 * one that looks like a code, counts as a scan. The field gets its old text back.
 */

import { looksLikeScan, readingsOf, usCharacterOf } from "./barcode.js";
import { isComposing } from "./keyboard.js";

/** Scanners need 1 to 50 ms per character, some radio ones a little more. */
const MAX_KEY_GAP_MS = 100;

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
 *   isDisabled: () => boolean,
 * }} options
 */
export function listenForScans(page, { onScan, isKnown, isDisabled }) {
  let typed = "";
  let typedUs = "";
  let lastKeyAt = -Infinity;
  let scannedAt = -Infinity;
  /** @type {HTMLInputElement | HTMLTextAreaElement | null} */
  let field = null;
  let textBefore = "";

  const startBurst = () => {
    typed = "";
    typedUs = "";
    field = isTextField(page.activeElement) ? page.activeElement : null;
    textBefore = field?.value ?? "";
  };

  /** Return the readings of what was typed, or null when it was no scan. */
  const readBurst = () => {
    const readings = readingsOf(typed, typedUs).filter(({ code }) => code.length >= MIN_CODE_LENGTH);
    const known = readings.filter(({ code }) => isKnown(code));
    if (known.length) return known;
    if (!readings.length || (field && !readings.some(({ code }) => looksLikeScan(code)))) return null;
    return readings;
  };

  /** @param {KeyboardEvent} event */
  const swallow = (event) => {
    // Neither the button in focus nor the form around the field may take this key.
    event.preventDefault();
    event.stopImmediatePropagation();
    scannedAt = event.timeStamp;
  };

  /** @param {KeyboardEvent} event */
  const onTerminator = (event) => {
    const isFast = event.timeStamp - lastKeyAt <= MAX_KEY_GAP_MS;
    const readings = isFast && typed ? readBurst() : null;
    typed = "";
    lastKeyAt = -Infinity;
    if (!readings) {
      if (event.timeStamp - scannedAt <= TERMINATOR_WINDOW_MS) swallow(event);
      return;
    }
    swallow(event);
    if (field) {
      field.value = textBefore;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    onScan(readings);
  };

  page.addEventListener(
    "keydown",
    (event) => {
      // Autofill dispatches keydown events without a key.
      if (!event.key || isComposing(event) || isDisabled()) return;
      if (isTerminator(event)) {
        onTerminator(event);
        return;
      }
      if (event.ctrlKey || event.altKey || event.metaKey || event.key.length !== 1) return;
      if (event.timeStamp - lastKeyAt > MAX_KEY_GAP_MS) startBurst();
      typed += event.key;
      typedUs += usCharacterOf(event);
      lastKeyAt = event.timeStamp;
      // A space in the middle of a scan must not press the button in focus.
      if (event.key === " " && !field && typed.trim()) event.preventDefault();
    },
    { capture: true },
  );
}
