/** Finding products and people by the text that is typed. */

/** @import { Product } from "./types.js" */

/** Letters that Unicode does not decompose into a base letter and a mark. @type {Record<string, string>} */
const BASE_LETTERS = { æ: "ae", œ: "oe", ø: "o", ł: "l", đ: "d", ð: "d", þ: "th", ß: "ss", ħ: "h", ı: "i", ŋ: "n" };
const SPECIAL = new RegExp(`[${Object.keys(BASE_LETTERS).join("")}]`, "gu");
const APOSTROPHES = /['’‘ʼ`´]/gu;
const DASHES = /[-\u2010-\u2015\u2212]/gu;

/**
 * Return a text for comparing: without case, accents and apostrophes, dashes as spaces, and
 * letters like ø and ß as their base letters.
 * @param {string} text
 */
const foldText = (text) =>
  text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(SPECIAL, (letter) => BASE_LETTERS[letter] ?? letter)
    .replace(APOSTROPHES, "")
    .replace(DASHES, " ");

/** Return the folded words of a text. @param {string} text */
const wordsOf = (text) => foldText(text).split(/\s+/).filter(Boolean);

/** Whether all words of `typed` stand somewhere in `text`. @param {string} text @param {string} typed */
export function matchesAllWords(text, typed) {
  const folded = foldText(text);
  return wordsOf(typed).every((word) => folded.includes(word));
}

/** Shorter words have too many others within one letter, and at this length only whole words count. */
const MIN_TYPO_LENGTH = 3;
const TYPO_RANK = 4;
const CODE_RANK = 1;

/** Shorter parts of a code fit too many products. */
const MIN_CODE_LENGTH = 3;

/** Return a code as it is searched: punctuation does not matter. @param {string} text */
const compactCode = (text) => foldText(text).replace(/[^\p{L}\p{N}]/gu, "");

/** Whether `typed` is within one letter (missing, added, changed or swapped) of `word` or of its start. */
const isOneLetterOff = (/** @type {string} */ typed, /** @type {string} */ word) => {
  let start = 0;
  while (start < typed.length && typed[start] === word[start]) start += 1;
  const rest = typed.slice(start);
  const other = word.slice(start);
  return (
    other.startsWith(rest.slice(1)) || // One letter too many.
    other.slice(1).startsWith(rest) || // One letter missing.
    other.slice(1).startsWith(rest.slice(1)) || // One letter changed.
    (rest[0] === other[1] && rest[1] === other[0] && other.slice(2).startsWith(rest.slice(2)))
  );
};

/**
 * Return how well a typed word fits a product, 0 best: a word of the name that starts so, the
 * name, a tag, the description, a typing error in the name or in a tag; Infinity if not at all.
 * @param {string} word @param {ReturnType<typeof searchable>} product
 */
function rankOf(word, { nameWords, name, compactName, tagWords, tags, about }) {
  if (nameWords.some((nameWord) => nameWord.startsWith(word))) return 0;
  if (name.includes(word) || compactName.includes(word)) return 1;
  if (tags.includes(word)) return 2;
  if (about.includes(word)) return 3;
  const isTypo =
    word.length >= MIN_TYPO_LENGTH &&
    [...nameWords, compactName, ...tagWords].some(
      (other) => (word.length > MIN_TYPO_LENGTH || other.length <= word.length + 1) && isOneLetterOff(word, other),
    );
  return isTypo ? TYPO_RANK : Number.POSITIVE_INFINITY;
}

/** @param {Product} product */
function searchable({ name, tags, about, sku, barcode }) {
  const nameWords = wordsOf(name);
  const tagWords = tags.flatMap(wordsOf);
  return {
    nameWords,
    name: nameWords.join(" "),
    compactName: nameWords.join(""),
    tagWords,
    tags: tagWords.join(" "),
    about: foldText(about),
    // A catalog that was kept by an earlier release has no codes.
    codes: [compactCode(sku ?? ""), barcode ?? ""].filter(Boolean),
  };
}

/**
 * Return the products that fit all words of `text` and have the tag, the best first. Names
 * count before tags and descriptions, and typing errors only when nothing fits as typed. An id
 * is never searched, because it is random.
 * @param {Product[]} products @param {string} text @param {string|null} [tag] @returns {Product[]}
 */
export function findProducts(products, text, tag = null) {
  const words = wordsOf(text);
  const tagged = tag === null ? products : products.filter(({ tags }) => tags.includes(tag));
  if (!words.length) return tagged;
  const typedCode = compactCode(text);
  const ranked = tagged.map((product) => {
    const facts = searchable(product);
    const isCode = facts.codes.some(
      (code) => code === typedCode || (typedCode.length >= MIN_CODE_LENGTH && code.startsWith(typedCode)),
    );
    return { product, rank: isCode ? CODE_RANK : Math.max(...words.map((word) => rankOf(word, facts))) };
  });
  const exact = ranked.filter(({ rank }) => rank < TYPO_RANK);
  const fitting = exact.length ? exact : ranked.filter(({ rank }) => rank === TYPO_RANK);
  return fitting.sort((one, other) => one.rank - other.rank).map(({ product }) => product);
}

/** Return the tags of some products, the most frequent first. @param {Product[]} products @returns {string[]} */
export function tagsOf(products) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const tag of products.flatMap(({ tags }) => tags)) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  return [...counts].sort(([, one], [, other]) => other - one).map(([tag]) => tag);
}
