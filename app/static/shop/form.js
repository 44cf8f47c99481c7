/** Forms whose complaints stand beside the field they are about. */

import { el, showText } from "../client/dom.js";
import { isShopError } from "../client/errors.js";

/**
 * Return a field: label, input and the place of its complaint.
 * @param {object} options Attributes of the input, and `label`, `hint`, `kind` ("half"),
 *   `check(value)`, which returns what is wrong or "", `shape(input)`, called while typing.
 */
export function field({ label, hint = "", kind = "", check = () => "", shape = () => {}, ...attributes }) {
  const id = `field-${attributes.name}`;
  const note = el("small", { id: `${id}-note`, class: "hint" }, hint);
  const complaint = el("p", { id: `${id}-complaint`, class: "complaint", hidden: true });
  const input = el("input", { id, type: "text", spellcheck: "false", "aria-describedby": `${id}-note ${id}-complaint`, ...attributes });
  const made = {
    element: el("div", { class: `field ${kind}` }, el("span", { class: "field-head" }, el("label", { for: id }, label), note), input, complaint),
    input,
    note,
    get value() {
      return input.value;
    },
    set value(value) {
      input.value = value;
      shape(input);
    },
    complain(words) {
      showText(complaint, words);
      if (words) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    },
    /** Whether the field is fine as it is; says so. */
    isFine() {
      const words = check(input.value);
      made.complain(words);
      return !words;
    },
    clear() {
      made.value = "";
      made.complain("");
    },
    focus: () => input.focus(),
  };
  input.addEventListener("input", () => {
    shape(input);
    // While somebody types nothing new is complained about; what has been fixed goes.
    if (input.hasAttribute("aria-invalid")) made.isFine();
  });
  input.addEventListener("blur", () => input.value && made.isFine());
  return made;
}

export class Form {
  #isAtWork = false;

  /**
   * @param {object} options `work()` runs once per submission that is fine; `layout(fields)`
   *   returns the nodes between the top of the form and its button.
   */
  constructor({ fields, submit, busy, work, wordsOf, layout = (all) => all.map(({ element }) => element) }) {
    Object.assign(this, { fields, busy, work, wordsOf });
    this.banner = el("p", { class: "banner bad", role: "alert", hidden: true });
    this.label = el("span", {}, submit);
    this.button = el("button", { class: "button primary wide" }, this.label);
    this.submit = submit;
    this.element = el(
      "form",
      // What is written there was about something else.
      { class: "form", novalidate: true, onsubmit: (event) => this.#onSubmit(event), oninput: () => this.complain("") },
      ...layout(fields),
      this.banner,
      this.button,
    );
  }

  get isAtWork() {
    return this.#isAtWork;
  }

  /** Say what is wrong with the whole, where it is seen. */
  complain(words) {
    showText(this.banner, words);
    if (words) this.banner.scrollIntoView({ block: "nearest" });
  }

  /** Say what is wrong with one field, and go there. */
  fault(each, words) {
    each.complain(words);
    each.focus();
  }

  clear() {
    this.complain("");
    for (const each of this.fields) each.complain("");
  }

  /** Say on the button what goes on. */
  progress(words) {
    this.label.textContent = words;
  }

  async #onSubmit(event) {
    event.preventDefault();
    if (this.#isAtWork) return;
    this.complain("");
    const wrong = this.fields.filter((each) => !each.isFine());
    if (wrong.length) {
      wrong[0].focus();
      return;
    }
    this.#isAtWork = true;
    this.button.setAttribute("aria-busy", "true");
    this.progress(this.busy);
    try {
      await this.work();
    } catch (failure) {
      if (!isShopError(failure)) throw failure;
      this.complain(this.wordsOf(failure));
    } finally {
      this.#isAtWork = false;
      this.button.removeAttribute("aria-busy");
      this.progress(this.submit);
    }
  }
}

/** Return a check that something is there. */
export const isMissing = (words) => (value) => (value.trim() ? "" : words);

/** Only what is certainly none is refused: a parcel needs no address with more than this. */
export const looksLikeEmail = (value) => (!value.trim() || /^\S+@\S+$/.test(value.trim()) ? "" : "An email address has an @ in its middle.");
