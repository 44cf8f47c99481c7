/** Forms that show each error beside the field it is about. */

import { el, showText } from "../client/dom.js";
import { isShopError } from "../client/errors.js";

/**
 * Return a field: label, input, hint and error message.
 * @param {object} options Attributes of the input, and `label`, `hint`, `kind` ("half"),
 *   `check(value)`, which returns an error message or "", `format(input)`, called while typing.
 */
export function field({ label, hint = "", kind = "", check = () => "", format = () => {}, ...attributes }) {
  const id = `field-${attributes.name}`;
  const hintElement = el("small", { id: `${id}-hint`, class: "hint" }, hint);
  const errorElement = el("p", { id: `${id}-error`, class: "field-error", hidden: true });
  const input = el("input", {
    id,
    type: "text",
    spellcheck: "false",
    "aria-describedby": `${id}-hint ${id}-error`,
    ...attributes,
  });
  const self = {
    element: el(
      "div",
      { class: `field ${kind}` },
      el("span", { class: "field-head" }, el("label", { for: id }, label), hintElement),
      input,
      errorElement,
    ),
    input,
    hint: hintElement,
    get value() {
      return input.value;
    },
    set value(value) {
      input.value = value;
      format(input);
    },
    showError(message) {
      showText(errorElement, message);
      if (message) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    },
    /** Check the value, show the error if there is one, and return whether it is valid. */
    validate() {
      const message = check(input.value);
      self.showError(message);
      return !message;
    },
    clear() {
      self.value = "";
      self.showError("");
    },
    focus: () => input.focus(),
  };
  input.addEventListener("input", () => {
    format(input);
    // While typing no new error is shown; one that has been corrected goes.
    if (input.hasAttribute("aria-invalid")) self.validate();
  });
  input.addEventListener("blur", () => input.value && self.validate());
  return self;
}

export class Form {
  #isSubmitting = false;

  /**
   * @param {object} options `onsubmit()` runs once per submission without errors, meanwhile the
   *   button says `busyLabel`; `messageOf(failure)` returns what is shown when it fails;
   *   `layout(fields)` returns the nodes between the top of the form and its button.
   */
  constructor({
    fields,
    submitLabel,
    busyLabel,
    onsubmit,
    messageOf,
    layout = (all) => all.map(({ element }) => element),
  }) {
    Object.assign(this, { fields, submitLabel, busyLabel, onsubmit, messageOf });
    this.banner = el("p", { class: "banner bad", role: "alert", hidden: true });
    this.label = el("span", {}, submitLabel);
    this.button = el("button", { class: "button primary wide" }, this.label);
    this.element = el(
      "form",
      // An error of the last submission is out of date as soon as something is typed.
      { class: "form", novalidate: true, onsubmit: (event) => this.#submit(event), oninput: () => this.showError("") },
      ...layout(fields),
      this.banner,
      this.button,
    );
  }

  /** Show an error that is about the whole form, and scroll to it. */
  showError(message) {
    showText(this.banner, message);
    if (message) this.banner.scrollIntoView({ block: "nearest" });
  }

  /** Show an error beside one field, and focus it. */
  showFieldError(field, message) {
    field.showError(message);
    field.focus();
  }

  /** Remove all errors. */
  clearErrors() {
    this.showError("");
    for (const field of this.fields) field.showError("");
  }

  /** Show on the button what is happening. */
  showProgress(text) {
    this.label.textContent = text;
  }

  async #submit(event) {
    event.preventDefault();
    if (this.#isSubmitting) return;
    this.showError("");
    const invalid = this.fields.filter((field) => !field.validate());
    if (invalid.length) {
      invalid[0].focus();
      return;
    }
    this.#isSubmitting = true;
    this.button.setAttribute("aria-busy", "true");
    this.showProgress(this.busyLabel);
    try {
      await this.onsubmit();
    } catch (failure) {
      if (!isShopError(failure)) throw failure;
      this.showError(this.messageOf(failure));
    } finally {
      this.#isSubmitting = false;
      this.button.removeAttribute("aria-busy");
      this.showProgress(this.submitLabel);
    }
  }
}

/** Return a check that a value is not empty. */
export const required = (message) => (value) => (value.trim() ? "" : message);

/** Refuse only what is certainly no address: the shop accepts anything with an @ inside. */
export const emailError = (value) =>
  !value.trim() || /^\S+@\S+$/.test(value.trim()) ? "" : "An email address has an @ in its middle.";
