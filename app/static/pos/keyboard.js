/** What keyboards send besides plain keys, and the shortcuts of the till. */

/**
 * Whether a key event belongs to an input method that composes text (Japanese, Chinese,
 * Korean): its Enter, Escape and arrows choose among suggestions. Browsers that do not set
 * `isComposing` report key code 229.
 * @param {KeyboardEvent} event
 */
export const isComposing = (event) => event.isComposing || event.keyCode === 229;

/**
 * Run an action per key, wherever the focus is.
 * @param {EventTarget} page
 * @param {{actions: Record<string, () => void>, isDisabled: () => boolean}} options
 *   `isDisabled` says when the keys belong to a dialog.
 */
export function listenForShortcuts(page, { actions, isDisabled }) {
  page.addEventListener("keydown", (raw) => {
    const event = /** @type {KeyboardEvent} */ (raw);
    const { key, repeat, ctrlKey, altKey, metaKey } = event;
    // Autofill dispatches keydown events without a key.
    const action = key && Object.hasOwn(actions, key) ? actions[key] : null;
    if (!action || isComposing(event) || ctrlKey || altKey || metaKey || isDisabled()) return;
    if (key !== "Escape") event.preventDefault();
    if (!repeat) action();
  });
}
