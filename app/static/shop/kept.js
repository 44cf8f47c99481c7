/** What all tabs of this browser keep; where it keeps nothing, what this page knows. */

/** What could not be written, by place. What is kept there is older, and not true any more. */
const unwritten = new Map();

/** Where an attempt to pay is kept; `attempt.js` knows what it is. */
export const attemptPlace = (userId) => `acme-shop.attempt.${userId}`;

/** Return what is kept at a place, or null. */
export function recall(place) {
  if (unwritten.has(place)) return unwritten.get(place);
  try {
    return JSON.parse(localStorage.getItem(place));
  } catch {
    return null;
  }
}

/** Keep something at a place; null is nothing. */
export function keep(place, thing) {
  try {
    if (thing === null) localStorage.removeItem(place);
    else localStorage.setItem(place, JSON.stringify(thing));
    unwritten.delete(place);
  } catch {
    unwritten.set(place, thing);
  }
}
