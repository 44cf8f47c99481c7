/**
 * A search field with a list of hits, after the combobox pattern of the ARIA Authoring
 * Practices: the focus stays in the field, arrow keys mark a hit, screen readers read it out.
 */

import { isComposing } from "./keyboard.js";

export class Combobox {
  #input;
  #list;
  #onPick;
  #onEscape;
  #active = -1;

  /**
   * @param {{
   *   input: HTMLInputElement,
   *   list: HTMLElement,
   *   onPick: (option: HTMLElement | null) => void,
   *   onEscape?: () => boolean,
   * }} options `list` holds elements with `role="option"` and an id each. `onPick` gets the
   *   chosen one, null when Enter was pressed and none is marked; `onEscape` returns whether
   *   Escape has done something.
   */
  constructor({ input, list, onPick, onEscape = () => false }) {
    this.#input = input;
    this.#list = list;
    this.#onPick = onPick;
    this.#onEscape = onEscape;
    input.addEventListener("keydown", (event) => this.#onKey(event));
    list.addEventListener("click", ({ target }) => this.#pickAt(target));
    list.addEventListener("keydown", (event) => {
      if (isComposing(event) || (event.key !== "Enter" && event.key !== " ")) return;
      event.preventDefault();
      this.#pickAt(event.target);
    });
  }

  /** Mark the hit at an index, -1 for none; call it whenever the list has changed. @param {number} index */
  mark(index) {
    const options = this.#options;
    this.#active = Math.min(index, options.length - 1);
    for (const [at, option] of options.entries()) option.setAttribute("aria-selected", String(at === this.#active));
    const active = options[this.#active];
    if (active) this.#input.setAttribute("aria-activedescendant", active.id);
    else this.#input.removeAttribute("aria-activedescendant");
    this.#input.setAttribute("aria-expanded", String(options.length > 0));
  }

  get #options() {
    return /** @type {HTMLElement[]} */ ([...this.#list.querySelectorAll('[role="option"]')]);
  }

  /** @param {EventTarget | null} target */
  #pickAt(target) {
    const option = target instanceof Element ? target.closest('[role="option"]') : null;
    if (option) this.#onPick(/** @type {HTMLElement} */ (option));
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (isComposing(event)) return;
    const options = this.#options;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!options.length) return;
      const next = event.key === "ArrowDown" ? this.#active + 1 : this.#active < 0 ? -1 : this.#active - 1;
      this.mark((next + options.length) % options.length);
      options[this.#active].scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter") {
      event.preventDefault();
      this.#onPick(options[this.#active] ?? null);
    } else if (event.key === "Escape" && this.#onEscape()) {
      event.preventDefault();
      event.stopPropagation();
    }
  }
}
