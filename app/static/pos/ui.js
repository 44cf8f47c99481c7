/** Small help with the page that every part of the till needs. */

/** Return an element; `onclick` and the like listen, empty children are left out. */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== ""));
  return element;
}

export const byId = (id) => document.getElementById(id);

const dollars = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" });

/** Return cents as people read them. */
export const money = (cents) => dollars.format(cents / 100);

/** Return the start of an id, enough for people to tell two apart. */
export const shortId = (id) => id.slice(0, 8).toUpperCase();

/**
 * Put new nodes into a container without taking the keyboard's place away: what was in focus
 * and bears the same `data-key` again keeps it, else `fallback` gets it.
 */
export function refill(container, nodes, fallback = null) {
  const { activeElement } = document;
  const had = container.contains(activeElement) ? activeElement : null;
  const key = had?.dataset.key;
  container.replaceChildren(...nodes);
  if (!had) return;
  const same = key && [...container.querySelectorAll("[data-key]")].find((each) => each.dataset.key === key);
  (same && !same.disabled ? same : fallback)?.focus();
}

/** Show or hide an element with a text; an empty text hides it. */
export function tell(element, text) {
  if (element.textContent !== text) element.textContent = text;
  element.hidden = !text;
}

let audio = null;

/** Beep: high for "rung up", low for "no". Silent where the browser wants it so. */
export function beep(isGood) {
  try {
    audio ??= new AudioContext();
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    volume.gain.value = 0.06;
    tone.type = isGood ? "sine" : "square";
    tone.frequency.value = isGood ? 1320 : 180;
    tone.connect(volume).connect(audio.destination);
    tone.start();
    tone.stop(audio.currentTime + (isGood ? 0.07 : 0.3));
  } catch {
    // No sound device: the words on the screen have to do.
  }
}

/** Return 100 random bits as letters and digits that are hard to confuse. */
export function newReference() {
  const letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  const picks = [...crypto.getRandomValues(new Uint8Array(20))].map((byte) => letters[byte % 32]);
  return `till-${picks.join("").match(/.{5}/g).join("-")}`;
}
