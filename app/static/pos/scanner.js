/**
 * A barcode scanner is a keyboard that types fast and ends with Enter. This module listens
 * to the whole page, so a scan needs no focus, and tells a scan from single keys by its speed.
 *
 * In a text field people type, some of them fast: there only a code that `isCode` knows, or
 * one with the shape of a product id, counts as a scan. What the scan left in the field is
 * taken out again.
 */

/** Scanners need 1 to 50 ms per letter, some radio ones a little more. */
const MAX_KEY_GAP_MS = 100;
const MIN_CODE_LENGTH = 4;
const PRODUCT_ID = /^[0-9a-f]{6,}(?:-[0-9a-f]{3,}){2,}$/i;

const isTextField = (element) =>
  element instanceof HTMLTextAreaElement ||
  (element instanceof HTMLInputElement && !["checkbox", "radio", "button"].includes(element.type));

/** Call `onScan(code)` for every scan on `page`; returns a function that stops listening. */
export function listenForScans(page, { onScan, isCode }) {
  let code = "";
  let lastAt = -Infinity;
  let field = null;
  let before = "";

  const start = () => {
    code = "";
    field = isTextField(page.activeElement) ? page.activeElement : null;
    before = field?.value ?? "";
  };

  const onKey = (event) => {
    if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
    const isFast = event.timeStamp - lastAt <= MAX_KEY_GAP_MS;
    if (event.key === "Enter") {
      const scanned = isFast ? code.trim() : "";
      code = "";
      lastAt = -Infinity;
      if (scanned.length < MIN_CODE_LENGTH) return;
      if (field && !isCode(scanned) && !PRODUCT_ID.test(scanned)) return;
      // Neither the button in focus nor the form around the field may take this Enter.
      event.preventDefault();
      event.stopImmediatePropagation();
      if (field) {
        field.value = before;
        field.dispatchEvent(new Event("input", { bubbles: true }));
      }
      onScan(scanned);
      return;
    }
    if (event.key.length !== 1) return; // Shift and its friends.
    if (!isFast) start();
    code += event.key;
    lastAt = event.timeStamp;
    // A space in the middle of a scan must not press the button in focus.
    if (event.key === " " && !field && code.trim()) event.preventDefault();
  };

  page.addEventListener("keydown", onKey, { capture: true });
  return () => page.removeEventListener("keydown", onKey, { capture: true });
}
