/**
 * How card fields are formatted during typing. A text is regrouped, never cut: what is
 * too long is an error to be shown. While an input method composes, nothing is touched.
 */

import { formatExpiry, groupDigits, readExpiry } from "./card.js";
import { digitsOf, toAsciiDigits } from "./digits.js";

/**
 * Call `format(input)` after every change that is not part of a composition.
 * @param {HTMLInputElement} input @param {(input: HTMLInputElement, event: Event) => void} format
 */
export function formatOnInput(input, format) {
  input.addEventListener("input", (event) => {
    if (!(event instanceof InputEvent && event.isComposing)) format(input, event);
  });
  input.addEventListener("compositionend", (event) => format(input, event));
}

/** Group the digits of a card number, and leave the caret at its digit. @param {HTMLInputElement} input */
export function groupNumber(input) {
  const before = digitsOf(input.value.slice(0, input.selectionStart ?? input.value.length)).length;
  const grouped = groupDigits(digitsOf(input.value));
  if (grouped === input.value) return;
  let caret = 0;
  for (let seen = 0; caret < grouped.length && seen < before; caret += 1) {
    if (grouped[caret] !== " ") seen += 1;
  }
  input.value = grouped;
  if (document.activeElement === input) input.setSelectionRange(caret, caret);
}

/**
 * Put the slash behind the month of an expiry that is typed without one. Everything else stays
 * as it was typed until the field is left, see `completeExpiry`.
 * @param {HTMLInputElement} input
 */
export function slashExpiry(input) {
  const [, month, year] = /^(0[1-9]|1[0-2])(\d{1,2})$/.exec(toAsciiDigits(input.value)) ?? [];
  const isAtEnd = input.selectionStart === null || input.selectionStart === input.value.length;
  if (month && isAtEnd) input.value = `${month}/${year}`;
}

/** Show a readable expiry as it is printed on the card. @param {HTMLInputElement} input */
export function completeExpiry(input) {
  const expiry = readExpiry(input.value);
  if (expiry) input.value = formatExpiry(expiry);
}

/** Leave the digits of a security code. @param {HTMLInputElement} input */
export function cleanCode(input) {
  const digits = digitsOf(input.value);
  if (digits !== input.value) input.value = digits;
}
