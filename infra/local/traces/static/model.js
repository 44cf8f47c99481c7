/** What the spans of an order mean: steps, calls, messages, and where each is drawn. */

/** @import { Bar, Jump, Lane, Mark, Message, Order, Span } from "./types.js" */

export const Kind = /** @type {const} */ ({ INTERNAL: 1, SERVER: 2, CLIENT: 3, PRODUCER: 4, CONSUMER: 5 });

/** From top to bottom as an order goes. @type {Lane[]} */
export const LANES = [
  { key: "api", kind: "function" },
  { key: "payment-request", kind: "queue" },
  { key: "payment", kind: "function" },
  { key: "payment-response", kind: "queue" },
  { key: "order", kind: "function" },
  { key: "shipment-request", kind: "queue" },
  { key: "shipment", kind: "function" },
  { key: "shipment-response", kind: "queue" },
];

const READS = new Set(["GetItem", "BatchGetItem", "Query"]);

/** Return the queue's name without the stack's. @param {Span} span */
export const queueOf = (span) =>
  String(span.attributes["messaging.destination.name"] ?? "")
    .split("-sqs-")
    .at(-1) ?? "";

const ESTIMATE = "acme.dynamodb.estimated_units";

/** Tell whether the units follow from the sizes of the items: DynamoDB was not asked. @param {Span} span */
export const isEstimated = (span) => ESTIMATE in span.attributes;

/** Return the capacity units that a call consumed; null where the answer does not say. @param {Span} span */
export function unitsOf(span) {
  const consumed = span.attributes["aws.dynamodb.consumed_capacity"];
  if (!Array.isArray(consumed)) return isEstimated(span) ? Number(span.attributes[ESTIMATE]) : null;
  return consumed.reduce((sum, part) => sum + Number(JSON.parse(part).CapacityUnits), 0);
}

/** @param {Span} span */
export const isRead = (span) => READS.has(span.name);

/** What a function did for an order at once: a request, a message, a sweep. */
export class Step {
  /** @param {Span} span @param {Span[]} inside @param {Message|undefined} received */
  constructor(span, inside, received) {
    this.span = span;
    this.calls = inside.filter((each) => each.kind === Kind.CLIENT);
    this.sends = inside.filter((each) => each.kind === Kind.PRODUCER);
    this.received = received;
  }

  get id() {
    return this.span.id;
  }

  get receives() {
    return Number(this.span.attributes["acme.sqs.receive_count"] ?? 0);
  }

  /** What it is called: the request with its answer, or the queue of the message. */
  get title() {
    const { span } = this;
    if (span.kind === Kind.SERVER) return `${span.name} → ${span.attributes["http.response.status_code"] ?? "…"}`;
    if (span.kind === Kind.CONSUMER) return `message of ${queueOf(span)}`;
    return span.name;
  }
}

/** Return the steps of an order, the earliest first. @param {Order} order */
export function listSteps(order) {
  /** @type {Map<string, Span[]>} */
  const inside = new Map();
  for (const span of order.spans) {
    const around = span.parent ?? span.links[0];
    if (around) inside.set(around, [...(inside.get(around) ?? []), span]);
  }
  // A sweep sends under the order's trace: its messages hang on it by a link.
  for (const span of order.spans) {
    for (const link of span.links) {
      if (span.kind === Kind.PRODUCER && !inside.get(link)?.includes(span)) {
        inside.set(link, [...(inside.get(link) ?? []), span]);
      }
    }
  }
  return order.spans
    .filter((span) => [Kind.SERVER, Kind.CONSUMER, Kind.INTERNAL].some((kind) => kind === span.kind))
    .map((span) => new Step(span, inside.get(span.id) ?? [], messageOf(order, span.parent)));
}

/** Return the message that a span has sent. @param {Order} order @param {string|null} sender */
export const messageOf = (order, sender) => order.messages.find((message) => message.span === sender);

/**
 * Return the bars of all steps, those of messages in their queues, and the jumps between.
 * @param {Step[]} steps @param {number} now
 */
export function draw(steps, now) {
  /** @type {Bar[]} */
  const bars = [];
  /** @type {Jump[]} */
  const jumps = [];
  for (const step of steps) {
    const lane = LANES.some((each) => each.key === step.span.service) ? step.span.service : "order";
    const { start, end } = step.span;
    const look = step.span.error ? "failed" : lane;
    bars.push({
      lane,
      start,
      end,
      label: step.title,
      step: step.id,
      look,
      marks: [...step.sends, ...step.calls].map(markOf),
    });
    for (const sent of step.sends) {
      const queue = queueOf(sent);
      const receivers = steps.filter((other) => other.span.parent === sent.id);
      const taken = receivers.length ? Math.min(...receivers.map((other) => other.span.start)) : now;
      const look = receivers.length ? "queued" : "waiting";
      bars.push({
        lane: queue,
        start: sent.end,
        end: Math.max(taken, sent.end),
        label: queue,
        step: step.id,
        look,
        marks: [],
      });
      jumps.push({ at: sent.end, from: lane, to: queue });
      for (const receiver of receivers) jumps.push({ at: receiver.span.start, from: queue, to: receiver.span.service });
    }
  }
  return { bars, jumps };
}

/** @param {Span} call @returns {Mark} */
const markOf = (call) => ({
  start: call.start,
  end: call.end,
  look: call.kind === Kind.PRODUCER ? "send" : isRead(call) ? "read" : "write",
});

/** Add up what an order has used. @param {Step[]} steps */
export function totals(steps) {
  const calls = steps.flatMap((step) => step.calls);
  const sum = (/** @type {Span[]} */ some) => some.reduce((units, call) => units + (unitsOf(call) ?? 0), 0);
  const begun = steps[0]?.span.start ?? 0;
  const paid = steps.find((step) => queueOf(step.span) === "payment-response" && !step.span.error);
  return {
    calls: calls.length,
    reads: sum(calls.filter(isRead)),
    writes: sum(calls.filter((call) => !isRead(call))),
    messages: steps.reduce((count, step) => count + step.sends.length, 0),
    toPaid: paid ? paid.span.end - begun : null,
    whole: Math.max(begun, ...steps.map((step) => step.span.end)) - begun,
  };
}
