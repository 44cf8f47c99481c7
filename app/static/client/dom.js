/** Small help with the page. */

/** Return an element; `onclick` and the like listen, empty children are left out. */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== "" && child !== null));
  return element;
}

export const byId = (id) => document.getElementById(id);

/** Return the start of an id, enough for people to tell two apart. */
export const shortId = (id) => id.slice(0, 8).toUpperCase();

/**
 * Put new nodes into a container without taking the keyboard's place away: what was in focus
 * and bears the same `data-key` again keeps it, else `fallback` gets it.
 */
export function updateChildren(container, nodes, fallback = null) {
  const { activeElement } = document;
  const had = container.contains(activeElement) ? activeElement : null;
  const key = had?.dataset.key;
  container.replaceChildren(...nodes);
  if (!had) return;
  const same = key && [...container.querySelectorAll("[data-key]")].find((each) => each.dataset.key === key);
  (same && !same.disabled ? same : fallback)?.focus();
}

/** Show or hide an element with a text; an empty text hides it. */
export function showText(element, text) {
  if (element.textContent !== text) element.textContent = text;
  element.hidden = !text;
}
