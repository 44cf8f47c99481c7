/** References that cannot be guessed, for `Idempotency-Key` and the like. */

/** 32 letters and digits that are hard to confuse. */
const LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** Return 100 random bits behind a prefix, like "till-4K7PX-…". @param {string} prefix */
export function newReference(prefix) {
  const letters = [...crypto.getRandomValues(new Uint8Array(20))].map((byte) => LETTERS[byte % 32]);
  return `${prefix}-${letters.join("").match(/.{5}/g)?.join("-")}`;
}
