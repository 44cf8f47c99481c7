/** A short message that goes away by itself. */

export class Toast {
  #element;
  #durationMs;
  #timer = 0;

  /**
   * @param {HTMLElement} element Shown by its class "shown", so that it may be a live region.
   * @param {{durationMs: number}} options How long a message stays.
   */
  constructor(element, { durationMs }) {
    this.#element = element;
    this.#durationMs = durationMs;
  }

  /**
   * Show a message in place of the one before; returns a function that hides it, if it is still the one shown.
   * @param {string} tone The element's `data-tone`, for its colors. @param {(Node|string)[]} content
   */
  show(tone, ...content) {
    this.#element.replaceChildren(...content);
    this.#element.dataset.tone = tone;
    this.#element.classList.add("shown");
    clearTimeout(this.#timer);
    const timer = setTimeout(() => this.hide(), this.#durationMs);
    this.#timer = timer;
    return () => {
      if (this.#timer === timer) this.hide();
    };
  }

  hide() {
    clearTimeout(this.#timer);
    this.#element.classList.remove("shown");
  }
}
