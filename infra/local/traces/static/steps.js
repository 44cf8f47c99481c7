/** The steps of an order as text: what was called, what it cost, what was said. */

/** @import { Order, Span, StoredItem } from "./types.js" */
/** @import { Step } from "./model.js" */

import { el } from "/static/client/dom.js";
import { isEstimated, isRead, messageOf, queueOf, unitsOf } from "./model.js";
import { duration } from "./scale.js";

/** @param {number} units @param {boolean} reads */
export const unitsText = (units, reads) => `${units} ${reads ? "read" : "write"} ${units === 1 ? "unit" : "units"}`;

/** Return a step; open steps show their calls. @param {Step} step @param {Order} order @param {number} begun */
export function stepItem(step, order, begun) {
  const { span } = step;
  const receives = step.receives > 1 ? el("b", { class: "again" }, `delivery ${step.receives}`) : null;
  const failed = span.error ? el("b", { class: "bad" }, span.error) : null;
  return el(
    "li",
    { class: `step ${span.service}`, id: `step-${step.id}`, tabindex: "-1" },
    el(
      "h3",
      {},
      el("span", { class: "who" }, span.service),
      " ",
      el("span", { class: "what" }, step.title),
      receives,
      failed,
      el("span", { class: "when" }, `+${duration(span.start - begun)}, took ${duration(span.end - span.start)}`),
    ),
    step.received ? said("Received", step.received.body, `receives-${step.id}`) : null,
    step.calls.length ? callTable(step.calls) : null,
    ...step.sends.map((sent) => {
      const message = messageOf(order, sent.id);
      const batch = Number(sent.attributes["messaging.batch.message_count"] ?? 1);
      const how = batch > 1 ? `, ${batch} in one request` : "";
      const label = `Sent to ${queueOf(sent)}${how} (${duration(sent.end - sent.start)})`;
      return message
        ? said(label, message.body, `sends-${sent.id}`)
        : el("p", { class: "sent" }, `${label}; not received yet.`);
    }),
  );
}

/** @param {Span[]} calls */
function callTable(calls) {
  const rows = calls.map((call) => {
    const units = unitsOf(call);
    const index = call.attributes["aws.dynamodb.index_name"];
    const size = call.attributes["db.operation.batch.size"];
    const details = [index ? `index ${index}` : "", size ? `${size} items` : "", meaning(call.error)].filter(Boolean);
    return el(
      "tr",
      { class: isRead(call) ? "read" : "write" },
      el("th", { scope: "row" }, call.name, details.length ? el("small", {}, details.join(", ")) : null),
      el("td", {}, units === null ? "–" : (isEstimated(call) ? "≈ " : "") + unitsText(units, isRead(call))),
      el("td", {}, duration(call.end - call.start)),
    );
  });
  return el(
    "table",
    {},
    el("caption", { class: "unseen" }, "Calls to DynamoDB"),
    el(
      "thead",
      { class: "unseen" },
      el("tr", {}, ...["Call", "Capacity", "Time"].map((name) => el("th", { scope: "col" }, name))),
    ),
    el("tbody", {}, ...rows),
  );
}

/** Return what an error means here. @param {string|null} error */
function meaning(error) {
  return error === "ConditionalCheckFailedException" ? "condition did not hold: done before" : (error ?? "");
}

/** Return a text of JSON to unfold. @param {string} label @param {string} json @param {string} key */
function said(label, json, key) {
  return el(
    "details",
    { "data-unfold": key },
    el("summary", { "data-key": key }, label),
    el("pre", { tabindex: "0" }, JSON.stringify(JSON.parse(json), null, 2)),
  );
}

/** Return the attributes of an item, its keys and those of indexes first. @param {Record<string, unknown>} content */
function sorted(content) {
  const rank = (/** @type {string} */ name) => (/^[PS]K$/.test(name) ? 0 : /^GSI/.test(name) ? 1 : 2);
  const names = Object.keys(content).sort((one, other) => rank(one) - rank(other) || one.localeCompare(other));
  return Object.fromEntries(names.map((name) => [name, content[name]]));
}

/** Return an item as it is stored. @param {StoredItem} item */
export function itemPanel(item) {
  const writes = Math.ceil(item.bytes / 1024);
  return el(
    "section",
    { class: "item" },
    el("h3", {}, item.name === "order" ? "The order's item" : "The decision's item"),
    el("p", { class: "size" }, `${item.bytes} bytes: ${unitsText(writes, false)} for each write of it in the table`),
    el(
      "pre",
      { tabindex: "0", "aria-label": `Item of the ${item.name}` },
      JSON.stringify(sorted(item.content), null, 2),
    ),
  );
}
