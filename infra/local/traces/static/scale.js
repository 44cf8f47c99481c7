/** A time axis that is true where something happens, and short where nothing does. */

/** Shares of the axis: the longest pause, and the least of it that busy time gets. */
const PAUSE_SHARE = 0.09;

/**
 * Return the parts of time in which something happens, in order and apart from each other.
 * @param {{start: number, end: number}[]} spans @param {number} gap what is closer than this is one part
 */
export function busyParts(spans, gap) {
  /** @type {{start: number, end: number}[]} */
  const parts = [];
  for (const { start, end } of [...spans].sort((one, other) => one.start - other.start)) {
    const last = parts.at(-1);
    if (last && start - last.end <= gap) last.end = Math.max(last.end, end);
    else parts.push({ start, end });
  }
  return parts;
}

/**
 * Return where times are on the axis, from 0 to 1, and the pauses that are drawn shorter.
 * @param {{start: number, end: number}[]} spans
 */
export function makeScale(spans) {
  const parts = busyParts(spans, 0);
  const busy = parts.reduce((sum, part) => sum + part.end - part.start, 0) || 1;
  const longest = busy * PAUSE_SHARE;
  /** @type {{time: number, at: number}[]} */
  const points = [];
  /** @type {{start: number, end: number}[]} */
  const pauses = [];
  let at = 0;
  for (const [index, part] of parts.entries()) {
    const before = parts[index - 1];
    if (before) {
      const pause = part.start - before.end;
      if (pause > longest) pauses.push({ start: before.end, end: part.start });
      at += Math.min(pause, longest);
    }
    points.push({ time: part.start, at });
    at += part.end - part.start;
    points.push({ time: part.end, at });
  }
  const whole = at || 1;

  /** @param {number} time */
  function place(time) {
    const next = points.findIndex((point) => point.time >= time);
    if (next === -1) return 1;
    const [from, to] = [points[Math.max(0, next - 1)], points[next]];
    if (!from || !to) return 0;
    const share = to.time === from.time ? 1 : (time - from.time) / (to.time - from.time);
    return Math.max(0, from.at + share * (to.at - from.at)) / whole;
  }

  return { place, pauses };
}

/** Return a duration as people read it. @param {number} ms */
export function duration(ms) {
  if (ms < 9.95) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9950) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`;
  return `${Math.round(ms / 60_000)} min`;
}
