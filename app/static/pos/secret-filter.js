/**
 * Whether what a machine has typed into the field of a locked till is to be tried: a password manager and a
 * security token type as fast as a scanner, and a code that is tried costs one of a few tries.
 */

/** So many other texts of machines are let pass per lock. Beyond, a device could try PINs without end. */
const MAX_OTHERS = 20;

export class SecretFilter {
  #seed = crypto.getRandomValues(new Uint32Array(1))[0];
  /** @type {Set<number>} */
  #prints = new Set();
  #others = 0;

  /** Remember a secret that opens the till; it cannot be found out from what is kept. @param {string} secret */
  add(secret) {
    if (secret) this.#prints.add(this.#printOf(secret));
  }

  /** Forget all secrets. */
  clear() {
    this.#prints.clear();
    this.startLock();
  }

  /** Whether no secret is known, as after a reload. */
  get isEmpty() {
    return this.#prints.size === 0;
  }

  /** The till has been locked. */
  startLock() {
    this.#others = 0;
  }

  /**
   * Whether a text may be one of the secrets. After a reload none is known: then it may be one unless it is made of
   * what codes are made of.
   * @param {string} text @param {{isCode: boolean}} typing
   */
  mayBeSecret(text, { isCode }) {
    if (this.#others >= MAX_OTHERS) return false;
    if (this.isEmpty ? !isCode : this.#prints.has(this.#printOf(text))) return true;
    this.#others += 1;
    return false;
  }

  /** Return 16 bits of a keyed hash (FNV-1a): too few to tell the text, enough to tell it from others. @param {string} text */
  #printOf(text) {
    let hash = this.#seed;
    for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
    return (hash ^ (hash >>> 16)) & 0xffff;
  }
}
