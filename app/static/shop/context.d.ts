/** What every view of the storefront gets, for the type checker only: this file is not served. */

import type { Api } from "../client/api.js";
import type { Product } from "../client/types.js";
import type { CartStore } from "./cart-store.js";
import type { Catalog } from "./catalog.js";
import type { Router } from "./router.js";

export interface Context {
  api: Api;
  cartStore: CartStore;
  catalog: Catalog;
  router: Router;
  /** Say something to people who cannot see the page change. */
  announce: (text: string) => void;
  /** Show and announce an error. */
  /** Returns a function that takes it from the screen. */
  showError: (text: string) => () => void;
  /** Log in, and then go on at an address. */
  goToLogin: (next: string) => void;
  /** Load the cart of the user who has just signed in, then go to an address, unless `signal` is aborted. */
  onSignedIn: (next: string, signal: AbortSignal) => Promise<void>;
  addToCart: (product: Product, quantity?: number) => Promise<void>;
}

/** The page that a view shows itself on. */
export interface Page {
  path: string[];
  query: URLSearchParams;
  /** What the view has stored in this entry of the history with `router.updateEntry`. */
  entry: Record<string, unknown>;
  /** Aborted when another view is opened. */
  signal: AbortSignal;
  show: (title: string, ...nodes: (Node | string)[]) => void;
  setTitle: (title: string) => void;
}

export type View = (page: Page) => void | Promise<void>;

/** A payment attempt as it is stored. */
export interface Attempt {
  /** The idempotency key. */
  key: string;
  /** Whether a request may have left. */
  isSent?: boolean;
  /** The cart as it was just before the order was taken out of it. */
  cart?: import("../client/types.js").CartLine[];
}

/** A line whose article is sold. */
export type SoldLine = DescribedLine & { product: Product };

/** A line of the cart with what the catalog says of it. */
export interface DescribedLine {
  id: string;
  quantity: number;
  /** Null if it is no longer sold. */
  product: Product | null;
  cents: number;
}
