/** Dates and times as people read them, in the time zone of the device. */

const date = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium" });
const time = new Intl.DateTimeFormat("en-GB", { timeStyle: "short" });
const dateTime = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });
const weekday = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long" });

/** @typedef {number|string} Instant Milliseconds since 1970, or the shop's ISO 8601 text. */

/** @param {Intl.DateTimeFormat} format @returns {(instant: Instant) => string} */
const formatter = (format) => (instant) => format.format(new Date(instant));

/** Return a date, like "3 Dec 2026". */
export const formatDate = formatter(date);

/** Return a time of day, like "14:05". */
export const formatTime = formatter(time);

/** Return a date with its time, like "3 Dec 2026, 14:05". */
export const formatDateTime = formatter(dateTime);

/** Return a day with its weekday, like "Thursday 3 December". */
export const formatWeekday = formatter(weekday);
