/** Forms that show each error beside the field it is about. */

import { formatOnInput } from "../client/card-input.js";
import { el, showText } from "../client/dom.js";
import { isShopError } from "../client/errors.js";

/** @typedef {ReturnType<typeof field>} Field */

/**
 * @typedef {object} FieldOptions Further properties are attributes of the input.
 * @property {string} name
 * @property {string} label
 * @property {string} [hint]
 * @property {string} [kind] A class for the width: "half", "third", "rest".
 * @property {(value: string) => string} [check] Returns an error message, or "".
 * @property {(input: HTMLInputElement) => void} [format] Called after every keystroke.
 * @property {(input: HTMLInputElement) => void} [complete] Called when the field is left.
 */

const nothing = () => {};

/**
 * Return a field: label, input, hint and error message.
 * @param {FieldOptions & Record<string, unknown>} options
 */
export function field(options) {
  const {
    label,
    hint = "",
    kind = "",
    check = () => "",
    format = nothing,
    complete = nothing,
    ...attributes
  } = options;
  const id = `field-${attributes.name}`;
  const hintElement = el("small", { id: `${id}-hint`, class: "hint" }, hint);
  const errorElement = el("p", { id: `${id}-error`, class: "field-error", hidden: true });
  const input = el("input", {
    id,
    type: "text",
    spellcheck: "false",
    "aria-describedby": `${id}-hint ${id}-error`,
    .../** @type {Record<string, string>} */ (attributes),
  });
  const head = el("span", { class: "field-head" }, el("label", { for: id }, label), hintElement);
  const self = {
    element: el("div", { class: `field ${kind}` }, head, input, errorElement),
    input,
    hint: hintElement,
    get value() {
      return input.value;
    },
    set value(value) {
      input.value = value;
      format(input);
    },
    /** @param {string} message */
    showError(message) {
      showText(errorElement, message);
      if (message) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    },
    /** Check the value, show the error if there is one, and return whether it is valid. */
    validate() {
      complete(input);
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
  formatOnInput(input, () => {
    format(input);
    // While typing no new error is shown; one that has been corrected goes.
    if (input.hasAttribute("aria-invalid") && !check(input.value)) self.showError("");
  });
  input.addEventListener("blur", () => input.value && self.validate());
  return self;
}

export class Form {
  #isSubmitting = false;
  #fields;
  #busyLabel;
  #onSubmit;
  #messageOf;

  /**
   * @param {object} options
   * @param {Field[]} options.fields
   * @param {string} options.submitLabel
   * @param {string} options.busyLabel What the button says while `onSubmit` runs.
   * @param {() => Promise<void>} options.onSubmit Runs once per submission without errors.
   * @param {(failure: import("../client/errors.js").ShopError) => string} options.messageOf
   * @param {(fields: Field[]) => HTMLElement[]} [options.layout] Returns what is between the
   *   top of the form and its button.
   */
  constructor({
    fields,
    submitLabel,
    busyLabel,
    onSubmit,
    messageOf,
    layout = (all) => all.map(({ element }) => element),
  }) {
    this.#fields = fields;
    this.#busyLabel = busyLabel;
    this.#onSubmit = onSubmit;
    this.#messageOf = messageOf;
    this.submitLabel = submitLabel;
    this.banner = el("p", { class: "banner bad", role: "alert", hidden: true });
    this.label = el("span", {}, submitLabel);
    this.button = el("button", { class: "button primary wide" }, this.label);
    this.element = el(
      "form",
      {
        class: "form",
        novalidate: true,
        onsubmit: (event) => this.#submit(event),
        // An error of the last submission is out of date as soon as something is typed.
        oninput: () => this.showError(""),
      },
      ...layout(fields),
      this.banner,
      this.button,
    );
  }

  /** Show an error that is about the whole form, and scroll to it. @param {string} message */
  showError(message) {
    showText(this.banner, message);
    if (message) this.banner.scrollIntoView({ block: "nearest" });
  }

  /** Show an error beside one field, and focus it. @param {Field} field @param {string} message */
  showFieldError(field, message) {
    field.showError(message);
    field.focus();
  }

  /** Remove all errors. */
  clearErrors() {
    this.showError("");
    for (const field of this.#fields) field.showError("");
  }

  /** Show on the button what is happening. @param {string} text */
  showProgress(text) {
    this.label.textContent = text;
  }

  /** @param {SubmitEvent} event */
  async #submit(event) {
    event.preventDefault();
    if (this.#isSubmitting) return;
    this.showError("");
    const invalid = this.#fields.filter((field) => !field.validate());
    if (invalid[0]) {
      invalid[0].focus();
      return;
    }
    this.#isSubmitting = true;
    this.button.setAttribute("aria-busy", "true");
    this.showProgress(this.#busyLabel);
    try {
      await this.#onSubmit();
    } catch (failure) {
      if (!isShopError(failure)) throw failure;
      this.showError(this.#messageOf(failure));
    } finally {
      this.#isSubmitting = false;
      this.button.removeAttribute("aria-busy");
      this.showProgress(this.submitLabel);
    }
  }
}

/** Return a check that a value is not empty. @param {string} message @returns {(value: string) => string} */
export const required = (message) => (value) => (value.trim() ? "" : message);

/** Refuse only what is certainly no address: the shop accepts anything with an @ inside. @param {string} value */
export const emailError = (value) =>
  !value.trim() || /^\S+@\S+$/.test(value.trim()) ? "" : "An email address has an @ in its middle.";
