/** What lies over the till for a moment: words in passing, questions, receipts, paper. */

import { byId } from "../client/dom.js";
import { liveRegion } from "../client/live-region.js";
import { beep } from "./beep.js";
import { paperOf } from "./receipt.js";

const TOAST_MS = 2500;

let toastTimer = 0;

const pass = liveRegion(byId("toast"));

/** Say something to people who do not see the screen change. */
export const announce = liveRegion(byId("alarm"));

/** Say something in passing. */
export function say(text, tone = "") {
  pass(text);
  byId("toast").dataset.tone = tone;
  byId("toast").classList.add("shown");
  clearTimeout(toastTimer);
  toastTimer = setTimeout(hush, TOAST_MS);
}

/** Say something that must not be missed. */
export function shout(text) {
  beep(false);
  say(text, "bad");
}

/** Take back what was said in passing: it is old. */
export function hush() {
  byId("toast").classList.remove("shown");
}

/** Ask; answers whether it was "yes". Whatever closes the question says "no". */
export function ask({ title, text, yes, no }) {
  const dialog = byId("ask");
  byId("ask-title").textContent = title;
  byId("ask-text").textContent = text;
  byId("ask-yes").textContent = yes;
  byId("ask-no").textContent = no;
  dialog.returnValue = "";
  return new Promise((resolve) => {
    byId("ask-yes").onclick = () => dialog.close("yes");
    dialog.onclose = () => resolve(dialog.returnValue === "yes");
    dialog.showModal();
    byId("ask-no").focus();
  });
}

/** Whether something lies over the till that wants to be closed first. */
export const isCovered = () => document.querySelector("dialog[open]") !== null;

/** Close what lies over the till; a question gets its harmless answer. */
export function closeDialogs() {
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
}

export function print(paper) {
  byId("print-paper").replaceChildren(paper);
  window.print();
}

export function showReceipt(receipt) {
  byId("receipt-paper").replaceChildren(paperOf(receipt, ""));
  byId("receipt-print").onclick = () => print(paperOf(receipt, ""));
  byId("receipt").showModal();
}

for (const button of document.querySelectorAll("dialog [data-close]")) {
  button.addEventListener("click", () => button.closest("dialog").close());
}
