/** Words for people who do not see the page change. */

/** A region that says the same twice is silent the second time, unless it changes between. */
const CHANGE = "\u00a0";

/**
 * Return a function that lets a live region say something.
 * @param {HTMLElement} region With `role="status"` or `role="alert"`.
 */
export const liveRegion = (region) => (text) => {
  region.textContent = text === region.textContent ? `${text}${CHANGE}` : text;
};
