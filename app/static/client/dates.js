/** Dates and times as people read them, in the time zone of the device unless the page sets another. */

/** @typedef {number|string} Instant Milliseconds since 1970, or the shop's ISO 8601 text. */

/** @param {string} [timeZone] */
const makeFormats = (timeZone) => ({
  date: new Intl.DateTimeFormat("en-GB", { timeZone, dateStyle: "medium" }),
  time: new Intl.DateTimeFormat("en-GB", { timeZone, timeStyle: "short" }),
  dateTime: new Intl.DateTimeFormat("en-GB", { timeZone, dateStyle: "medium", timeStyle: "short" }),
  weekday: new Intl.DateTimeFormat("en-GB", { timeZone, weekday: "long", day: "numeric", month: "long" }),
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
