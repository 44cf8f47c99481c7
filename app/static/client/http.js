/**
 * One request, one answer: JSON in and out, a deadline, and failures as `ShopError`.
 *
 * Cookies are neither sent nor taken, but that of the device at a login: the page says who
 * calls, and a customer in one tab and staff in another stay who they are.
 */

import { backoffMs, sleep, TIMEOUT_MS } from "./backoff.js";
import { isolateWords } from "./dom.js";
import { isUnanswered, kindOf, ShopError } from "./errors.js";

/**
 * @typedef {object} Request
 * @property {object} [json] What to send; makes it a POST.
 * @property {"GET"|"POST"} [method]
 * @property {string|null} [token] An access token.
 * @property {Record<string, string>} [headers]
 * @property {RequestCredentials} [credentials] Whether cookies go with it; "omit" by default.
 * @property {boolean} [keepalive] Whether it goes on when its page is left.
 * @property {AbortSignal} [signal] Gives up early; the failure is then the signal's own.
 * @property {number} [retries] How often a GET is repeated after "network" and "shop".
 */

/**
 * `body` is the parsed JSON of the shop, whose shape the API decides; `next` is where a list goes on.
 * @template [Body=unknown]
 * @typedef {{status: number, body: Body, next: string|null, headers: Headers}} Answer
 */

export class HttpClient {
  #onNetwork;
  #onAnswer;
  #timeoutMs;

  /**
   * @param {object} [options]
   * @param {(isOnline: boolean) => void} [options.onNetwork] Called after every attempt.
   * @param {(headers: Headers) => void} [options.onAnswer] Called with the headers of every good answer.
   * @param {number} [options.timeoutMs] How long one attempt may take.
   */
  constructor({ onNetwork = () => {}, onAnswer = () => {}, timeoutMs = TIMEOUT_MS } = {}) {
    this.#onNetwork = onNetwork;
    this.#onAnswer = onAnswer;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Send a request; only one that reads is repeated. Throws a `ShopError`.
   * @template [Body=unknown]
   * @param {string} path @param {Request} [request] @returns {Promise<Answer<Body>>}
   */
  async send(path, request = {}) {
    const isSafe = !request.json && (request.method ?? "GET") === "GET";
    const retries = isSafe ? (request.retries ?? 0) : 0;
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.#once(path, request);
      } catch (failure) {
        if (!isUnanswered(failure) || attempt >= retries) throw failure;
        await sleep(backoffMs(attempt, failure.retryAfterMs), request.signal);
      }
    }
  }

  /**
   * @template Body
   * @param {string} path @param {Request} request @returns {Promise<Answer<Body>>}
   */
  async #once(
    path,
    { json, method = json ? "POST" : "GET", token, headers = {}, credentials = "omit", keepalive, signal },
  ) {
    const { response, text } = await this.#fetch(path, signal, {
      method,
      credentials,
      ...(keepalive && { keepalive }),
      ...(json && { body: JSON.stringify(json) }),
      headers: {
        ...headers,
        ...(json && { "Content-Type": "application/json" }),
        ...(token && { Authorization: `Bearer ${token}` }),
      },
    });
    const { ok, status } = response;
    const body = parseJson(text);
    // A gateway's page instead of the shop's answer is none, and so is nothing at all.
    if (ok && body !== null) {
      this.#onAnswer(response.headers);
      return { status, body: /** @type {Body} */ (body), next: nextOf(response), headers: response.headers };
    }
    if (ok) throw new ShopError("shop", { status });
    const retryAfterMs = 1000 * (Number(response.headers.get("Retry-After")) || 0);
    throw new ShopError(kindOf(status), { status, message: messageOf(body), retryAfterMs });
  }

  /** @param {string} path @param {AbortSignal|undefined} signal @param {RequestInit} init */
  async #fetch(path, signal, init) {
    signal?.throwIfAborted();
    // Not AbortSignal.any, which browsers have had only since 2024.
    const attempt = new AbortController();
    const abort = () => attempt.abort();
    const timer = setTimeout(abort, this.#timeoutMs);
    signal?.addEventListener("abort", abort);
    try {
      const response = await fetch(path, { ...init, signal: attempt.signal });
      const text = await response.text();
      this.#onNetwork(true);
      return { response, text };
    } catch {
      signal?.throwIfAborted();
      // An answer that broke off is none: the request may have done its work, or not.
      this.#onNetwork(false);
      throw new ShopError("network");
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    }
  }
}

/** @param {string} text @returns {unknown} */
function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Return the message of the shop's error body as pages may show it, "" if it has none. @param {unknown} body */
const messageOf = (body) =>
  typeof body === "object" && body !== null && "message" in body && typeof body.message === "string"
    ? isolateWords(body.message)
    : "";

/** Return where a list goes on (RFC 8288), or null. @param {Response} response */
const nextOf = (response) => /<([^>]+)>;\s*rel="next"/.exec(response.headers.get("Link") ?? "")?.[1] ?? null;
