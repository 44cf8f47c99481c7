/** What the local shop answers below /dev/orders/data. */

export type Attribute = string | number | boolean | string[];

/** A piece of work; times are milliseconds since 1970, kinds are those of OTLP. */
export interface Span {
  id: string;
  parent: string | null;
  trace: string;
  name: string;
  service: string;
  kind: number;
  start: number;
  end: number;
  error: string | null;
  links: string[];
  attributes: Record<string, Attribute>;
}

/** The body of a message that a span has sent. */
export interface Message {
  span: string;
  body: string;
  id: string;
  queue: string;
  receives: string;
}

/** An item of the table as it is stored. */
export interface StoredItem {
  name: string;
  bytes: number;
  content: Record<string, unknown>;
}

export interface Order {
  version: number;
  traces: string[];
  spans: Span[];
  messages: Message[];
  items: StoredItem[];
}

export interface ListedOrder {
  order_id: string;
  start: number;
  end: number;
  steps: number;
  failures: number;
  state?: string;
  total_cents?: number;
  lines?: number;
}

/** A place of the drawing: a function, or the queue before one. */
export interface Lane {
  key: string;
  kind: "function" | "queue";
}

/** A bar of the drawing; what still waits in a queue has no end. */
export interface Bar {
  lane: string;
  start: number;
  end: number;
  label: string;
  step: string;
  look: string;
  marks: Mark[];
}

export interface Mark {
  start: number;
  end: number;
  look: string;
}

/** Where a message leaves one lane for another. */
export interface Jump {
  at: number;
  from: string;
  to: string;
}
