/**
 * The till's service worker: after one visit the till loads without a network.
 *
 * The files of a release are stored together, each compared with its digest, or not at all: a till
 * never runs modules of two releases. A new release waits beside the running one until the
 * page asks for it between two sales (updates.js). Calls to the shop are never answered here.
 */

/** Hexadecimal SHA-256 digests by path; the shop fills them in, see app/static_files.py. @type {Record<string, string>} */
const FILES = {};

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));

const SHELL_PREFIX = "acme-till.shell.";
const PICTURES = "acme-till.pictures";
const MAX_PICTURES = 500;

/** @param {BufferSource} bytes */
async function digestOf(bytes) {
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const shellName = digestOf(new TextEncoder().encode(JSON.stringify(FILES))).then((digest) => SHELL_PREFIX + digest);

async function install() {
  const name = await shellName;
  const cache = await caches.open(name);
  try {
    await Promise.all(Object.entries(FILES).map(([path, digest]) => store(cache, path, digest)));
  } catch (failure) {
    await caches.delete(name);
    throw failure;
  }
}

/** @param {Cache} cache @param {string} path @param {string} digest */
async function store(cache, path, digest) {
  const answer = await fetch(path, { cache: "no-cache" });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  if ((await digestOf(await answer.clone().arrayBuffer())) !== digest) throw new Error(`${path}: of another release`);
  await cache.put(path, answer);
}

async function activate() {
  const name = await shellName;
  const old = (await caches.keys()).filter((key) => key.startsWith(SHELL_PREFIX) && key !== name);
  await Promise.all(old.map((key) => caches.delete(key)));
  await worker.clients.claim();
}

/** @param {string} path @param {Request} request */
async function fromShell(path, request) {
  const cache = await caches.open(await shellName);
  return (await cache.match(path)) ?? fetch(request);
}

/** Return a product's picture, the last one seen if the shop does not answer. @param {Request} request */
async function picture(request) {
  const cache = await caches.open(PICTURES);
  try {
    const answer = await fetch(request);
    if (answer.ok) await remember(cache, request, answer.clone());
    return answer;
  } catch {
    return (await cache.match(request)) ?? Response.error();
  }
}

/** Store a picture; one that the browser has no room for is not stored. @param {Cache} cache @param {Request} request @param {Response} answer */
async function remember(cache, request, answer) {
  try {
    await cache.put(request, answer);
    const keys = await cache.keys();
    await Promise.all(keys.slice(0, Math.max(0, keys.length - MAX_PICTURES)).map((key) => cache.delete(key)));
  } catch {}
}

worker.addEventListener("install", (event) => event.waitUntil(install()));
worker.addEventListener("activate", (event) => event.waitUntil(activate()));
worker.addEventListener("message", (event) => {
  if (event.data === "take over") event.waitUntil(worker.skipWaiting());
});
worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  const path = request.mode === "navigate" ? pathname.replace(/\/$/, "") : pathname;
  if (Object.hasOwn(FILES, path)) event.respondWith(fromShell(path, request));
  else if (path.startsWith("/static/images/")) event.respondWith(picture(request));
});
