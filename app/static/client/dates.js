/** Dates and times as people read them, in the time zone of the device unless the page sets another. */

/** @typedef {number|string} Instant Milliseconds since 1970, or the shop's ISO 8601 text. */

const HOUR_MS = 3_600_000;

/** Between midnight in a zone and midnight in UTC, at most, with an hour to spare. */
const MAX_OFFSET_MS = 15 * HOUR_MS;

/** @param {string} [timeZone] */
const makeFormats = (timeZone) => ({
  date: new Intl.DateTimeFormat("en-GB", { timeZone, dateStyle: "medium" }),
  time: new Intl.DateTimeFormat("en-GB", { timeZone, timeStyle: "short" }),
  dateTime: new Intl.DateTimeFormat("en-GB", { timeZone, dateStyle: "medium", timeStyle: "short" }),
  weekday: new Intl.DateTimeFormat("en-GB", { timeZone, weekday: "long", day: "numeric", month: "long" }),
  numbers: new Intl.DateTimeFormat("en-GB", {
    timeZone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  }),
});

let formats = makeFormats();

/** Show all times in a zone of the IANA database; "", or one the browser does not know, is the device's own. @param {string} name */
export function setTimeZone(name) {
  try {
    formats = makeFormats(name || undefined);
  } catch {
    formats = makeFormats();
  }
}

/** Return a date, like "3 Dec 2026". @param {Instant} instant */
export const formatDate = (instant) => formats.date.format(new Date(instant));

/** Return a time of day, like "14:05". @param {Instant} instant */
export const formatTime = (instant) => formats.time.format(new Date(instant));

/** Return a date with its time, like "3 Dec 2026, 14:05". @param {Instant} instant */
export const formatDateTime = (instant) => formats.dateTime.format(new Date(instant));

/** Return a day with its weekday, like "Thursday 3 December". @param {Instant} instant */
export const formatWeekday = (instant) => formats.weekday.format(new Date(instant));

/** Return date and time for a spreadsheet, like "2026-12-03 14:05:09". @param {Instant} instant */
export function formatSortable(instant) {
  const parts = Object.fromEntries(
    formats.numbers.formatToParts(new Date(instant)).map(({ type, value }) => [type, value]),
  );
  return `${parts.year}-${parts.month}-${parts.day} ${parts.hour}:${parts.minute}:${parts.second}`;
}

/** Return the day on which an instant is, like "2026-12-03". @param {Instant} instant */
export const dayOf = (instant) => formatSortable(instant).slice(0, 10);

/** Return the day so many days later. @param {string} day @param {number} count */
export const addDays = (day, count) =>
  new Date(Date.parse(`${day}T12:00Z`) + count * 24 * HOUR_MS).toISOString().slice(0, 10);

/**
 * Return when a day begins, in milliseconds: the first instant whose day it is, for some zones
 * leave out midnight when summer time begins.
 * @param {string} day
 */
export function startOfDay(day) {
  const midnight = Date.parse(`${day}T00:00Z`);
  let before = midnight - MAX_OFFSET_MS;
  let after = midnight + MAX_OFFSET_MS;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (dayOf(middle) < day) before = middle;
    else after = middle;
  }
  return after;
}
