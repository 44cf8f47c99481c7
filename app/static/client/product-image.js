/** Pictures of products, with a placeholder for those that are missing or cannot be loaded. */

import { el } from "./dom.js";

/** @param {string} alt */
const placeholder = (alt) =>
  el("span", { class: "no-picture", ...(alt ? { role: "img", "aria-label": alt } : { "aria-hidden": "true" }) }, "?");

/**
 * Return a picture whose space is reserved before it arrives; a placeholder if there is none,
 * and in place of one that cannot be loaded.
 * @param {string|undefined} src
 * @param {{alt?: string, size?: number, isEager?: boolean}} [options] `alt` "" is for pictures
 *   beside their name; `isEager` fetches at once, others when they come near the window.
 * @returns {HTMLElement}
 */
export function productImage(src, { alt = "", size = 600, isEager = false } = {}) {
  if (!src) return placeholder(alt);
  const loading = isEager ? "eager" : "lazy";
  const image = el("img", { src, alt, width: size, height: size, decoding: "async", loading });
  image.addEventListener("error", () => image.replaceWith(placeholder(alt)), { once: true });
  return image;
}
