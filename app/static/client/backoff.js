/** How long to wait for an answer, and before trying again. */

/** How long one attempt may take: a gateway in front of the shop gives up after 30 seconds; a person does earlier. */
export const TIMEOUT_MS = 20_000;

const FIRST_PAUSE_MS = 400;
const LONGEST_PAUSE_MS = 15_000;

/**
 * Return a pause in milliseconds: twice as long each time, never shorter than the shop asked
 * for, and spread, so that clients that failed together do not come back together.
 * @param {number} attempt From 0. @param {number} [retryAfterMs]
 */
export function backoffMs(attempt, retryAfterMs = 0) {
  const pause = Math.min(FIRST_PAUSE_MS * 2 ** attempt, LONGEST_PAUSE_MS);
  return Math.max(retryAfterMs, pause) + Math.random() * pause * 0.25;
}

/**
 * Wait; a signal ends it early with the signal's own failure.
 * @param {number} milliseconds @param {AbortSignal} [signal] @returns {Promise<void>}
 */
export function sleep(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
