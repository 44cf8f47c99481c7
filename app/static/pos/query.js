/** What staff type into the product search: a name, or a count and a name. */

import { toAsciiDigits } from "../client/digits.js";
import { findProducts, matchesAllWords } from "../client/search.js";

/** @typedef {import("../client/types.js").Product} Product */

/** What stands before a star or a times sign and is no word: "1000", "-2", "1.5", "1e3", nothing. */
const COUNT = /^([^\p{L}*×]*(?:\de[-+\d]*)?)([*×x])\s*(.*)$/iu;

/**
 * Return the count and the text of a search: "3*bottle" and "3x bottle" ask for three. The
 * count is null where one stands that is none, as in "0*", "1000*bottle" and "3*2*".
 * A product whose own name starts that way ("10X Whey Protein", "2x4 Plank") is meant by its
 * name; with a star the number is always a count.
 * @param {string} typed @param {Product[]} products @returns {{quantity: number | null, text: string}}
 */
export function parseQuery(typed, products) {
  const whole = toAsciiDigits(typed).trim();
  const plain = { quantity: 1, text: whole };
  const match = COUNT.exec(whole);
  if (!match) return plain;
  const [, count, sign, rest] = match;
  const isCount = /^0*[1-9]\d{0,2}$/.test(count.trim());
  if (sign !== "*") {
    if (!/^[-+\u2212]?[\d.,\s]*\d[\d.,\s]*$/.test(count)) return plain;
    const isNamed = isCount
      ? products.some(({ name }) => matchesAllWords(name, whole))
      : findProducts(products, whole).length > 0;
    if (isNamed) return plain;
  }
  const inner = parseQuery(rest, products);
  return { quantity: isCount && inner.text === rest.trim() ? Number(count) : null, text: inner.text };
}
