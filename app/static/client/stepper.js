/** A quantity with a button for one less and one for one more. */

import { el } from "./dom.js";

/**
 * Return a stepper. A button beyond `min` or `max` is disabled; where `min` is 0, the last one
 * less takes the article out, and says so.
 * @param {object} options
 * @param {string} options.name What is counted.
 * @param {number} options.quantity
 * @param {number} [options.min]
 * @param {number} options.max
 * @param {string} options.key Prefix of the buttons' `data-key`, see `updateChildren`.
 * @param {(quantity: number) => void} options.onSet Called with the wanted quantity.
 */
export function stepper({ name, quantity, min = 1, max, key, onSet }) {
  /** @param {string} id @param {string} sign @param {string} label @param {number} wanted */
  const part = (id, sign, label, wanted) =>
    el(
      "button",
      {
        type: "button",
        "data-key": `${key} ${id}`,
        "aria-label": label,
        disabled: wanted < min || wanted > max,
        onclick: () => onSet(wanted),
      },
      sign,
    );
  const isLast = min === 0 && quantity === 1;
  return el(
    "span",
    { class: "stepper", role: "group", "aria-label": `Quantity of ${name}` },
    part("less", isLast ? "✕" : "−", isLast ? `Take ${name} out` : `One ${name} less`, quantity - 1),
    el("output", {}, String(quantity)),
    part("more", "+", `One ${name} more`, quantity + 1),
  );
}
