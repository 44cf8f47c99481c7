/** The keys of the till: one key, one act, wherever the focus is. */

/**
 * Let keys do what they are for. `isOff` says when they are somebody else's.
 * @param {EventTarget} page @param {{acts: Record<string, () => void>, isOff: () => boolean}} options
 */
export function listenForKeys(page, { acts, isOff }) {
  page.addEventListener("keydown", (event) => {
    const { key, repeat, ctrlKey, altKey, metaKey } = event;
    if (!acts[key] || ctrlKey || altKey || metaKey || isOff()) return;
    if (key !== "Escape") event.preventDefault();
    if (!repeat) acts[key]();
  });
}
