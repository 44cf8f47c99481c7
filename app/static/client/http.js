/**
 * One request, one answer: JSON in and out, an end to waiting, and failures as `ShopError`.
 *
 * Cookies are neither sent nor taken: who calls is what the page says, and a customer in one
 * tab and the staff in another stay who they are.
 */

import { backoffMs, sleep } from "./backoff.js";
import { isUnanswered, kindOf, ShopError } from "./errors.js";

/** A gateway in front of the shop gives up after 30 seconds; a person does earlier. */
const TIMEOUT_MS = 20_000;

/**
 * @typedef {object} Request
 * @property {object} [json] What to send; makes it a POST.
 * @property {"GET"|"POST"} [method]
 * @property {string|null} [token] An access token.
 * @property {Record<string, string>} [headers]
 * @property {AbortSignal} [signal] Gives up early; the failure is then the signal's own.
 * @property {number} [retries] How often a GET is repeated after "network" and "shop".
 *
 * @typedef {{status: number, body: any, next: string|null, headers: Headers}} Answer
 */

export class HttpClient {
  /**
   * @param {object} [options]
   * @param {(isOnline: boolean) => void} [options.onNetwork] Told after every attempt.
   * @param {number} [options.timeoutMs] How long one attempt may take.
   */
  constructor({ onNetwork = () => {}, timeoutMs = TIMEOUT_MS } = {}) {
    Object.assign(this, { onNetwork, timeoutMs });
  }

  /**
   * Send a request; only one that reads is repeated. Throws a `ShopError`.
   * @param {string} path @param {Request} [request] @returns {Promise<Answer>}
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

  async #once(path, { json, method = json ? "POST" : "GET", token, headers = {}, signal }) {
    const { response, text } = await this.#fetch(path, {
      method,
      signal,
      body: json && JSON.stringify(json),
      headers: {
        ...headers,
        ...(json && { "Content-Type": "application/json" }),
        ...(token && { Authorization: `Bearer ${token}` }),
      },
    });
    const { ok, status } = response;
    const body = parsed(text);
    // A gateway's page instead of the shop's answer is none, and so is nothing at all.
    if (ok && body !== null) return { status, body, next: nextOf(response), headers: response.headers };
    if (ok) throw new ShopError("shop", { status });
    const retryAfterMs = 1000 * (Number(response.headers.get("Retry-After")) || 0);
    throw new ShopError(kindOf(status), { status, message: body?.message ?? "", retryAfterMs });
  }

  async #fetch(path, request) {
    const late = AbortSignal.timeout(this.timeoutMs);
    const signal = request.signal ? AbortSignal.any([request.signal, late]) : late;
    try {
      const response = await fetch(path, { ...request, signal, credentials: "omit" });
      const text = await response.text();
      this.onNetwork(true);
      return { response, text };
    } catch {
      request.signal?.throwIfAborted();
      // An answer that broke off is none: the request may have done its work, or not.
      this.onNetwork(false);
      throw new ShopError("network");
    }
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Return where a list goes on (RFC 8288), or null. */
const nextOf = (response) => /<([^>]+)>;\s*rel="next"/.exec(response.headers.get("Link") ?? "")?.[1] ?? null;
