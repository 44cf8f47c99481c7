/** Finding things by what somebody types. */

/** Return a text without case and accents, for comparing. */
export const foldText = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

/** Return the products that fit all words of `text` and the tag; names that start so first. */
export function findProducts(products, text, tag = null) {
  const words = foldText(text).split(/\s+/).filter(Boolean);
  const fitting = products.filter((product) => {
    if (tag !== null && !product.tags.includes(tag)) return false;
    const whole = foldText(`${product.name} ${product.tags.join(" ")} ${product.about} ${product.id}`);
    return words.every((word) => whole.includes(word));
  });
  if (!words.length) return fitting;
  const rank = ({ name }) =>
    foldText(name)
      .split(/\s+/)
      .some((part) => part.startsWith(words[0]))
      ? 0
      : 1;
  return fitting.sort((one, other) => rank(one) - rank(other));
}

/** Return the tags of some products, the most frequent first. */
export function tagsOf(products) {
  const counts = new Map();
  for (const tag of products.flatMap((product) => product.tags)) {
    counts.set(tag, (counts.get(tag) ?? 0) + 1);
  }
  return [...counts].sort(([, one], [, other]) => other - one).map(([tag]) => tag);
}
