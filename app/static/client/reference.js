/** References that nobody can guess, for `Idempotency-Key` and the like. */

/** Letters and digits that are hard to confuse. */
const LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** Return 100 random bits behind a prefix, like "till-4K7PX-…". */
export function newReference(prefix) {
  const picks = [...crypto.getRandomValues(new Uint8Array(20))].map((byte) => LETTERS[byte % 32]);
  return `${prefix}-${picks.join("").match(/.{5}/g).join("-")}`;
}
