/** The address of the next order: remembered in this browser if the shopper asks for it, and deletable. */

import { el } from "../client/dom.js";
import { addressKey, storage } from "./storage.js";

/** @typedef {import("./address-fields.js").Values} Values */

/** Return the address a user has asked to remember, or null. @param {string} userId @returns {Values | null} */
export function rememberedAddress(userId) {
  const stored = storage.read(addressKey(userId));
  if (typeof stored !== "object" || stored === null) return null;
  return Object.fromEntries(Object.entries(stored).filter(([, value]) => typeof value === "string"));
}

/**
 * Return `{element, save}`: the question whether to remember, with a button that forgets, and what does as
 * it was answered once the order is placed.
 * @param {string} userId @param {(text: string) => void} announce
 */
export function rememberQuestion(userId, announce) {
  const isKnown = rememberedAddress(userId) !== null;
  const box = el("input", { id: "remember", type: "checkbox", checked: isKnown });
  const forget = el(
    "button",
    {
      type: "button",
      class: "quiet",
      hidden: !isKnown,
      onclick: () => {
        storage.write(addressKey(userId), null);
        box.checked = false;
        forget.hidden = true;
        box.focus();
        announce("The address is forgotten.");
      },
    },
    "Forget it now",
  );
  return {
    element: el(
      "p",
      { class: "remember" },
      el("label", { for: "remember" }, box, " Remember this address in this browser until I log out"),
      forget,
    ),
    /** @param {Values} values */
    save: (values) => storage.write(addressKey(userId), box.checked ? values : null),
  };
}
