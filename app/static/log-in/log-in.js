/**
 * Logs in for pages that expect a gateway to do it (`/acme-login`, `/oauth2/authorization/sso`):
 * the shop sets its cookies, and the page that sent the shopper here is loaded again.
 */

import { TIMEOUT_MS } from "../client/backoff.js";
import { byId } from "../client/dom.js";
import { NO_ANSWER, waitText } from "../client/errors.js";

const WRONG = "User name or password is wrong.";

/** @param {string} id */
const input = (id) => /** @type {HTMLInputElement} */ (byId(id));

/** Return where to go after the log-in: a page of this origin, never another host's. @returns {string} */
function returnAddress() {
  const query = new URLSearchParams(location.search);
  const candidates = [query.get("redirect"), query.get("redirect_uri"), query.get("next"), document.referrer];
  for (const candidate of candidates) {
    try {
      const address = new URL(candidate || "?", location.origin);
      const isHere = address.origin === location.origin && address.pathname !== location.pathname;
      // The whole address: a path that begins with two slashes alone would name another host.
      if (candidate && isHere) return address.href;
    } catch {
      // Not an address.
    }
  }
  return `${location.origin}/`;
}

/** Log in, and return what went wrong, "" if nothing did. @returns {Promise<string>} */
async function logIn() {
  // Not AbortSignal.timeout, which not all browsers of two years ago have.
  const attempt = new AbortController();
  const timer = setTimeout(() => attempt.abort(), TIMEOUT_MS);
  const json = { username: input("username").value.trim(), password: input("password").value };
  try {
    const answer = await fetch("/login", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(json),
      signal: attempt.signal,
    });
    if (answer.ok) return "";
    const retryAfterMs = 1000 * (Number(answer.headers.get("Retry-After")) || 0);
    return waitText({ status: answer.status, retryAfterMs }) || (answer.status === 401 ? WRONG : NO_ANSWER);
  } catch {
    return "No connection to the shop. Try again.";
  } finally {
    clearTimeout(timer);
  }
}

byId("log-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = /** @type {HTMLButtonElement} */ (byId("submit"));
  if (button.disabled) return;
  button.disabled = true;
  byId("error").textContent = "";
  const failure = await logIn();
  if (failure) {
    byId("error").textContent = failure;
    button.disabled = false;
    input("password").value = "";
    input("password").focus();
  } else {
    location.replace(returnAddress());
  }
});
