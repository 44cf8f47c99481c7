/** Creating, finding and updating elements. */

/** @import { Attributes, Child } from "./types.js" */

/**
 * Return a new element; functions under `onclick` and the like become listeners.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes<HTMLElementTagNameMap[Tag]>} [attributes]
 * @param {(Child|Child[])[]} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function el(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (typeof value === "function") element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(
    ...children
      .flat()
      .filter((child) => child !== null)
      .filter((child) => child !== ""),
  );
  return element;
}

/** Return the element of the page with an id; the page must have it. @param {string} id @returns {HTMLElement} */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`no element #${id}`);
  return element;
}

/** Return the start of an id, enough for people to tell two apart. @param {string} id */
export const shortId = (id) => id.slice(0, 8).toUpperCase();

/** Embeddings, overrides and isolates. */
const BIDI_CONTROLS = /[\u202a-\u202e\u2066-\u2069]/gu;

/** Scripts that are written from right to left. */
const RIGHT_TO_LEFT = "[\\u0590-\\u08ff\\ufb1d-\\ufdff\\ufe70-\\ufefc\\u{10800}-\\u{10fff}\\u{1e800}-\\u{1efff}]+";
const WORDS = new RegExp(`${RIGHT_TO_LEFT}(?:[ '"-]+${RIGHT_TO_LEFT})*`, "gu");

/** Return a text that reorders nothing of the sentence round it. @param {string} text */
export function isolate(text) {
  const plain = text.replace(BIDI_CONTROLS, "");
  return plain.search(WORDS) < 0 ? plain : `\u2068${plain}\u2069`;
}

/** Return a sentence whose words from right to left reorder nothing of it. @param {string} sentence */
export const isolateWords = (sentence) => sentence.replace(BIDI_CONTROLS, "").replace(WORDS, "\u2068$&\u2069");

/**
 * Replace the children of a container and keep the focus: the new node with the `data-key` of
 * the focused one gets it, else `fallback`.
 * @param {HTMLElement} container @param {Node[]} nodes @param {HTMLElement|null} [fallback]
 */
export function updateChildren(container, nodes, fallback = null) {
  const { activeElement } = document;
  const focused = activeElement instanceof HTMLElement && container.contains(activeElement) ? activeElement : null;
  const key = focused?.dataset.key;
  container.replaceChildren(...nodes);
  if (!focused) return;
  const same = key ? container.querySelector(`[data-key="${CSS.escape(key)}"]`) : null;
  const target = same instanceof HTMLElement && !same.matches(":disabled") ? same : fallback;
  target?.focus();
}

/** Show or hide an element with a text; an empty text hides it. @param {HTMLElement} element @param {string} text */
export function showText(element, text) {
  if (element.textContent !== text) element.textContent = text;
  element.hidden = !text;
}
