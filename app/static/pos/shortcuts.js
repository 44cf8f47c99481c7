/** The keys of the till: one key, one act, wherever the focus is. */

/**
 * Let keys do what they are for. `isDisabled` says when they are somebody else's.
 * @param {EventTarget} page @param {{actions: Record<string, () => void>, isDisabled: () => boolean}} options
 */
export function listenForShortcuts(page, { actions, isDisabled }) {
  page.addEventListener("keydown", (event) => {
    const { key, repeat, ctrlKey, altKey, metaKey } = event;
    if (!actions[key] || ctrlKey || altKey || metaKey || isDisabled()) return;
    if (key !== "Escape") event.preventDefault();
    if (!repeat) actions[key]();
  });
}
