/** QR codes as pictures that stay sharp on screen and paper. */

import { correction, generate } from "./vendor/lean-qr.js";

const SVG = "http://www.w3.org/2000/svg";

/** The empty border that readers need, in modules (ISO/IEC 18004, 5.3.8). */
const MARGIN = 4;

/** @param {string} name @param {Record<string, string>} attributes @param {Element[]} children */
function svg(name, attributes, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** Return a QR code. @param {string} text @param {string} label What screen readers call it. */
export function renderQrCode(text, label) {
  const code = generate(text, { minCorrectionLevel: correction.M });
  const side = code.size + 2 * MARGIN;
  let path = "";
  for (let y = 0; y < code.size; y += 1) {
    for (let x = 0; x < code.size; x += 1) {
      if (code.get(x, y)) path += `M${x + MARGIN} ${y + MARGIN}h1v1h-1z`;
    }
  }
  return svg(
    "svg",
    {
      viewBox: `0 0 ${side} ${side}`,
      class: "qr-code",
      role: "img",
      "aria-label": label,
      "shape-rendering": "crispEdges",
    },
    svg("rect", { width: String(side), height: String(side), fill: "#fff" }),
    svg("path", { d: path, fill: "#000" }),
  );
}
