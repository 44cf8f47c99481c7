/** What lies over the till for a moment: words in passing, questions, receipts, paper. */

import { byId } from "../client/dom.js";
import { liveRegion } from "../client/live-region.js";
import { beep } from "./beep.js";
import { renderReceipt } from "./receipt.js";

const TOAST_MS = 2500;

let toastTimer = 0;

const announceToast = liveRegion(byId("toast"));

/** Say something to people who do not see the screen change. */
export const announce = liveRegion(byId("alert"));

/** Say something in passing. */
export function showToast(text, tone = "") {
  announceToast(text);
  byId("toast").dataset.tone = tone;
  byId("toast").classList.add("shown");
  clearTimeout(toastTimer);
  toastTimer = setTimeout(hideToast, TOAST_MS);
}

/** Say something that must not be missed. */
export function showError(text) {
  beep(false);
  showToast(text, "bad");
}

/** Take back what was said in passing: it is old. */
export function hideToast() {
  byId("toast").classList.remove("shown");
}

/** Ask; answers whether it was "yes". Whatever closes the question says "no". */
export function confirm({ title, text, yes, no }) {
  const dialog = byId("confirm");
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

/** Whether something lies over the till that wants to be closed first. */
export const isDialogOpen = () => document.querySelector("dialog[open]") !== null;

/** Close what lies over the till; a question gets its harmless answer. */
export function closeDialogs() {
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
}

export function printReceipt(receipt) {
  byId("print-area").replaceChildren(receipt);
  window.print();
}

export function openReceipt(receipt) {
  byId("receipt-content").replaceChildren(renderReceipt(receipt, ""));
  byId("receipt-print").onclick = () => printReceipt(renderReceipt(receipt, ""));
  byId("receipt-dialog").showModal();
}

for (const button of document.querySelectorAll("dialog [data-close]")) {
  button.addEventListener("click", () => button.closest("dialog").close());
}
