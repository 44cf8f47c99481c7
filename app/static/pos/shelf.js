/** Finding products: what a line of typing means, and which products it fits. */

/** Return `{quantity, text}`: "3*bottle" asks for three, "bottle" for one. */
export function readQuery(typed) {
  const found = /^\s*(\d{1,3})\s*[*×x]\s*(.*)$/i.exec(typed);
  if (!found || Number(found[1]) === 0) return { quantity: 1, text: typed.trim() };
  return { quantity: Number(found[1]), text: found[2].trim() };
}

const folded = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

/** Return the products that fit all words of `text` and the tag; names that start so first. */
export function findProducts(products, text, tag = null) {
  const words = folded(text).split(/\s+/).filter(Boolean);
  const fitting = products.filter((product) => {
    if (tag !== null && !product.tags.includes(tag)) return false;
    const whole = folded(`${product.name} ${product.tags.join(" ")} ${product.about} ${product.id}`);
    return words.every((word) => whole.includes(word));
  });
  if (!words.length) return fitting;
  const rank = ({ name }) => (folded(name).split(/\s+/).some((part) => part.startsWith(words[0])) ? 0 : 1);
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
