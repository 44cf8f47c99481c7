/**
 * A text that a machine has typed into the field for a password and that is made of what codes are made of: a scan, or
 * a password manager or security token at work. It is not tried by itself; a button tries it, for staff who know that
 * it is their password.
 */

import { hasCardNumber, isCertainCode } from "./barcode.js";

/** The text is in memory for so long at most. */
const KEPT_MS = 30_000;

export class TypedSecret {
  #button;
  #text = "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {HTMLElement} button Hidden as long as there is nothing to try. @param {(text: string) => void} use */
  constructor(button, use) {
    this.#button = button;
    button.addEventListener("click", () => {
      const text = this.#text;
      this.clear();
      use(text);
    });
  }

  /** Offer to try a text, unless it is certainly no password. @param {string} text */
  offer(text) {
    this.clear();
    if (!text || isCertainCode(text.trim()) || hasCardNumber(text)) return;
    this.#text = text;
    this.#button.hidden = false;
    this.#timer = setTimeout(() => this.clear(), KEPT_MS);
  }

  /** Forget the text. */
  clear() {
    clearTimeout(this.#timer);
    this.#text = "";
    this.#button.hidden = true;
  }
}
