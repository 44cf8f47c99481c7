/** Messages for people who cannot see the page change. */

/** A region that says the same twice is silent the second time, unless its text changes between. */
const CHANGE = "\u00a0";

/**
 * Return a function that makes a live region say a text.
 * @param {HTMLElement} region With `role="status"` or `role="alert"`.
 * @returns {(text: string) => void}
 */
export const liveRegion = (region) => (text) => {
  region.textContent = text === region.textContent ? `${text}${CHANGE}` : text;
};
