/** What staff type into the product search: a name, or a count and a name. */

import { toAsciiDigits } from "../client/digits.js";
import { matchesAllWords } from "../client/search.js";

/** @typedef {import("../client/types.js").Product} Product */

/**
 * Return the count and the text of a search: "3*bottle" and "3x bottle" ask for three.
 * A product whose own name starts that way ("10X Whey Protein", "2x4 Plank") is meant by its
 * name; with a star the number is always a count.
 * @param {string} typed @param {Product[]} products @returns {{quantity: number, text: string}}
 */
export function parseQuery(typed, products) {
  const whole = toAsciiDigits(typed).trim();
  const match = /^(\d{1,3})\s*([*×x])\s*(.*)$/i.exec(whole);
  const quantity = Number(match?.[1] ?? 0);
  if (!match || quantity === 0) return { quantity: 1, text: whole };
  const isName = match[2] !== "*" && products.some(({ name }) => matchesAllWords(name, whole));
  return isName ? { quantity: 1, text: whole } : { quantity, text: match[3].trim() };
}
