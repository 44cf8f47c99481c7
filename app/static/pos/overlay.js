/** What lies over the till: toasts, questions and receipts. */

import { byId } from "../client/dom.js";
import { liveRegion } from "../client/live-region.js";
import { beep } from "./beep.js";
import { renderReceipt } from "./receipt.js";

const TOAST_MS = 2500;

/** An error has to be read before it goes: people read about 15 characters a second. */
const ERROR_TOAST_MS = 6000;

/** @type {ReturnType<typeof setTimeout> | undefined} */
let toastTimer;

const announceToast = liveRegion(byId("toast"));

/** Tell screen readers about something that changed elsewhere on the page. */
export const announce = liveRegion(byId("alert"));

/** Show a message for a moment. @param {string} text @param {string} [tone] */
export function showToast(text, tone = "") {
  announceToast(text);
  byId("toast").dataset.tone = tone;
  byId("toast").classList.add("shown");
  clearTimeout(toastTimer);
  toastTimer = setTimeout(hideToast, tone === "bad" ? ERROR_TOAST_MS : TOAST_MS);
}

/** Show an error for a moment, with a low beep. @param {string} text */
export function showError(text) {
  beep(false);
  showToast(text, "bad");
}

export function hideToast() {
  byId("toast").classList.remove("shown");
}

/**
 * Ask a question; returns whether the answer was "yes". Closing the question means "no".
 * @param {{title: string, text: string, yes: string, no: string}} question @returns {Promise<boolean>}
 */
export function confirm({ title, text, yes, no }) {
  const dialog = /** @type {HTMLDialogElement} */ (byId("confirm"));
  byId("confirm-title").textContent = title;
  byId("confirm-text").textContent = text;
  byId("confirm-yes").textContent = yes;
  byId("confirm-no").textContent = no;
  dialog.returnValue = "";
  return new Promise((resolve) => {
    byId("confirm-yes").onclick = () => dialog.close("yes");
    dialog.onclose = () => resolve(dialog.returnValue === "yes");
    dialog.showModal();
    byId("confirm-no").focus();
  });
}

/** @returns {NodeListOf<HTMLDialogElement>} */
const openDialogs = () => document.querySelectorAll("dialog[open]");

/** Whether a dialog lies over the till. */
export const isDialogOpen = () => openDialogs().length > 0;

/** Close all dialogs; a question is answered with "no". */
export function closeDialogs() {
  for (const dialog of openDialogs()) dialog.close();
}

/** Show a receipt; printing the page prints it. @param {import("./receipt.js").Receipt} receipt */
export function openReceipt(receipt) {
  byId("receipt-content").replaceChildren(renderReceipt(receipt));
  byId("receipt-print").onclick = () => window.print();
  /** @type {HTMLDialogElement} */ (byId("receipt-dialog")).showModal();
}

for (const button of document.querySelectorAll("dialog [data-close]")) {
  button.addEventListener("click", () => button.closest("dialog")?.close());
}

// Some browsers close a dialog with Escape only while the focus is on no search field.
for (const dialog of document.querySelectorAll("dialog")) {
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.isComposing && event.keyCode !== 229 && !event.defaultPrevented) {
      event.preventDefault();
      event.stopPropagation();
      dialog.close();
    }
  });
}
