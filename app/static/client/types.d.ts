/** Shapes that several modules share, for the type checker only: this file is not served. */

/** A product of the catalog; `about` is its short description, prices are cents. */
export interface Product {
  id: string;
  name: string;
  about: string;
  description: string;
  cents: number;
  image: string;
  images: string[];
  tags: string[];
  /** The shop's own code, "" for none. */
  sku: string;
  /** Digits of an EAN or UPC, "" for none. */
  barcode: string;
}

/** An article of a cart: names and prices are the catalog's. */
export interface CartLine {
  id: string;
  quantity: number;
}

/** What the shop says of itself: its settings for receipts, reports and tills. */
export interface ShopFacts {
  name: string;
  address: string;
  taxLine: string;
  /** A zone of the IANA database, "" for the device's own. */
  timeZone: string;
  /** After so long without a touch a till locks itself; 0 for never. */
  tillLockMinutes: number;
}

/** The signed-in user. */
export interface User {
  id: string;
  name: string;
  isStaff: boolean;
}

/** A user's record in the shop. */
export interface UserProfile {
  id: string;
  username: string;
  firstname: string;
  lastname: string;
  email: string;
}

export interface Address {
  street: string;
  city: string;
  zip: string;
  state: string;
  country: string;
}

/** An order as the shop answers it; `price` is a decimal number, `total` decimal text. */
export interface Order {
  _id: string;
  userid: string;
  /** One of `ORDER_STATES`, or one of a later release: `stateOf` of order-states.js tells. */
  state: string;
  /** The state in the words of the shop's events. */
  status: string;
  /** Why the card was declined; earlier releases have stored none. */
  declineReason?: string;
  placedAt: string;
  firstname: string;
  lastname: string;
  email: string;
  address: Address;
  delivery: string;
  card: { type: string; number: string };
  cart: { itemid: string; name: string; quantity: number; price: number }[];
  total: string;
  trackingNumber: string;
  transactionID: string;
  /** The states it entered, and when; an order that is read alone has it, earlier releases have none. */
  history?: { state: string; at: string }[];
}

/** A card as the shop wants it; the month has two digits, the year four. */
export interface Card {
  number: string;
  expMonth: string;
  expYear: string;
  ccv: string;
}

/** An order as a page sends it. */
export interface NewOrder {
  firstname: string;
  lastname: string;
  email: string;
  address: Partial<Address>;
  delivery: string;
  card: Card;
  cart: { itemid: string; name?: string; quantity: number; price?: string }[];
  total: string;
}

/** The answer to a new order; `success` is text, `status` 200 or 400. */
export interface OrderAnswer {
  order_id: string;
  payment: { success: string; status: number; message: string; transactionID: string };
}

type Listeners<E> = {
  [Name in keyof HTMLElementEventMap as `on${Name}`]?: (
    event: HTMLElementEventMap[Name] & { currentTarget: E },
  ) => unknown;
};

/** Attributes of an element; true is an attribute without value, false, null and undefined are none. */
export type Attributes<E> = Listeners<E> & {
  [name: string]: string | number | boolean | null | undefined | ((event: never) => unknown);
};

/** What can be put into an element; "" and null are left out. */
export type Child = Node | string | null;
