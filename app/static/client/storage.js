/** JSON values in the browser's storage, which may be full, blocked, or written by an older page. */

export class JsonStorage {
  #area;

  /**
   * @param {() => Storage} [area] A function, because a browser that blocks its storage throws
   *   as soon as it is mentioned.
   */
  constructor(area = () => localStorage) {
    this.#area = area;
  }

  /**
   * Return the value under a key; null where there is none, or none that can be read. It may
   * have any shape: the caller checks what is needed.
   * @param {string} key @returns {unknown}
   */
  read(key) {
    try {
      return JSON.parse(this.#area().getItem(key) ?? "null");
    } catch {
      return null;
    }
  }

  /**
   * Store a value under a key, null removes it; returns whether the browser did.
   * @param {string} key @param {unknown} value
   */
  write(key, value) {
    try {
      if (value === null) this.#area().removeItem(key);
      else this.#area().setItem(key, JSON.stringify(value));
      return true;
    } catch {
      return false;
    }
  }
}

/** Storage that holds in memory, for as long as the page lives, what the browser refused to store. */
export class FallbackStorage extends JsonStorage {
  /** Refused values by key; what the browser still has under these keys is older. @type {Map<string, unknown>} */
  #refused = new Map();

  /** @param {string} key */
  read(key) {
    return this.#refused.has(key) ? this.#refused.get(key) : super.read(key);
  }

  /** @param {string} key @param {unknown} value */
  write(key, value) {
    const isStored = super.write(key, value);
    if (isStored) this.#refused.delete(key);
    else this.#refused.set(key, value);
    return isStored;
  }
}
