/** The drawing of an order: a lane for each function and queue, bars for what happens in them. */

/** @import { Bar, Jump } from "./types.js" */

import { el } from "/static/client/dom.js";
import { LANES } from "./model.js";
import { duration, makeScale } from "./scale.js";

/** Heights in rem. */
const ROW = 1.6;
const PADDING = 0.35;

/**
 * Give each bar a row of its lane in which it overlaps no other; return rows and how many.
 * @param {Bar[]} bars
 */
function pack(bars) {
  /** @type {number[]} */
  const ends = [];
  const rows = new Map();
  for (const bar of [...bars].sort((one, other) => one.start - other.start)) {
    const free = ends.findIndex((end) => end <= bar.start);
    const row = free === -1 ? ends.length : free;
    ends[row] = bar.end;
    rows.set(bar, row);
  }
  return { rows, count: Math.max(1, ends.length) };
}

/** @param {number} share */
const percent = (share) => `${(share * 100).toFixed(3)}%`;

/**
 * Set properties that depend on data: the content policy allows no style attributes.
 * @template {HTMLElement} E @param {E} element @param {Record<string, string>} properties @returns {E}
 */
function placed(element, properties) {
  for (const [name, value] of Object.entries(properties)) element.style.setProperty(name, value);
  return element;
}

/**
 * Return the drawing; a click on a bar calls `choose` with its step.
 * @param {{bars: Bar[], jumps: Jump[], now: number, choose: (step: string) => void}} what
 */
export function timeline({ bars, jumps, now, choose }) {
  const waits = bars.some((bar) => bar.look === "waiting");
  const moments = bars.filter((bar) => bar.look !== "waiting" && bar.look !== "queued");
  const { place, pauses } = makeScale(waits ? [...moments, { start: now, end: now }] : moments);
  const begun = Math.min(...moments.map((bar) => bar.start));
  const ended = Math.max(...moments.map((bar) => bar.end));

  let top = 0;
  /** @type {Map<string, {middle: number, index: number}>} */
  const places = new Map();
  const lanes = LANES.map((lane, index) => {
    const own = bars.filter((bar) => bar.lane === lane.key);
    const { rows, count } = pack(own);
    const height = count * ROW + 2 * PADDING;
    places.set(lane.key, { middle: top + height / 2, index });
    top += height;
    const track = el("div", { class: "track" });
    for (const bar of own) track.append(drawn(bar, rows.get(bar) ?? 0, place, choose));
    return placed(
      el(
        "div",
        { class: `lane ${lane.kind} ${own.length ? "" : "empty"}` },
        el("span", { class: "name" }, lane.key),
        track,
      ),
      { "--height": `${height}rem` },
    );
  });

  const overlay = el("div", { class: "overlay" });
  for (const pause of pauses) {
    const [from, to] = [place(pause.start), place(pause.end)];
    overlay.append(
      placed(el("div", { class: "pause" }, el("span", {}, duration(pause.end - pause.start))), {
        "--at": percent(from),
        "--wide": percent(to - from),
      }),
    );
  }
  for (const jump of jumps) {
    const ends = [places.get(jump.from), places.get(jump.to)];
    const [upper, lower] = ends.sort((one, other) => (one?.index ?? 0) - (other?.index ?? 0));
    if (!upper || !lower) continue;
    // On narrow windows each lane is higher by its name.
    overlay.append(
      placed(el("div", { class: "jump" }), {
        "--at": percent(place(jump.at)),
        "--top": `calc(${upper.middle}rem + ${upper.index + 1} * var(--name))`,
        "--tall": `calc(${lower.middle - upper.middle}rem + ${lower.index - upper.index} * var(--name))`,
      }),
    );
  }
  const steps = moments.length;
  const text = `${steps} ${steps === 1 ? "step" : "steps"} in ${duration(ended - begun)}; the steps below say the same.`;
  return el(
    "figure",
    { class: "timeline" },
    el("div", { class: "lanes", role: "img", "aria-label": `Timeline: ${text}` }, ...lanes, overlay),
    el(
      "figcaption",
      {},
      el("span", { class: "key read" }, "read"),
      el("span", { class: "key write" }, "write"),
      el("span", { class: "key send" }, "send"),
      el("span", { class: "key queued" }, "in a queue"),
      el("span", { class: "scale" }, `0 – ${duration((waits ? now : ended) - begun)}; pauses are drawn short`),
    ),
  );
}

/** @param {Bar} bar @param {number} row @param {(time: number) => number} place @param {(step: string) => void} choose */
function drawn(bar, row, place, choose) {
  const [start, end] = [place(bar.start), place(bar.end)];
  const whole = bar.end - bar.start || 1;
  const marks = bar.marks.map((mark) =>
    placed(el("i", { class: mark.look }), {
      "--at": percent((mark.start - bar.start) / whole),
      "--wide": percent((mark.end - mark.start) / whole),
    }),
  );
  return placed(
    el(
      "div",
      {
        class: `stretch ${bar.look}`,
        title: `${bar.label}, ${duration(bar.end - bar.start)}`,
        "data-step": bar.step,
        onclick: () => choose(bar.step),
      },
      ...marks,
    ),
    { "--at": percent(start), "--wide": percent(end - start), "--row": String(row) },
  );
}
