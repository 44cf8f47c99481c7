/** A quantity with a button for one less and one for one more. */

import { el } from "./dom.js";

/**
 * Return a stepper. A button beyond `min` or `max` is disabled; less than a quantity above `max`
 * is `max`. Where `min` is 0, the decrease from 1 removes the article, and its label says so.
 * @param {object} options
 * @param {string} options.name What is counted.
 * @param {number} options.quantity
 * @param {number} [options.min]
 * @param {number} options.max
 * @param {string} options.key Prefix of the buttons' `data-key`, see `updateChildren`.
 * @param {(quantity: number) => void} options.onSet Called with the wanted quantity.
 */
export function stepper({ name, quantity, min = 1, max, key, onSet }) {
  /** @param {string} id @param {string} sign @param {string} label @param {number} wanted @param {boolean} isOff */
  const part = (id, sign, label, wanted, isOff) =>
    el(
      "button",
      {
        type: "button",
        "data-key": `${key} ${id}`,
        "aria-label": label,
        disabled: isOff,
        onclick: () => onSet(wanted),
      },
      sign,
    );
  const isLast = min === 0 && quantity === 1;
  return el(
    "span",
    { class: "stepper", role: "group", "aria-label": `Quantity of ${name}` },
    part(
      "less",
      isLast ? "✕" : "−",
      isLast ? `Take ${name} out` : `One ${name} less`,
      Math.min(quantity - 1, max),
      quantity <= min,
    ),
    el("output", {}, String(quantity)),
    part("more", "+", `One ${name} more`, quantity + 1, quantity >= max),
  );
}
