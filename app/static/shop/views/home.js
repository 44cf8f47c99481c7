/** The catalog with its search and its tags. */

import { el } from "../../client/dom.js";
import { productImage } from "../../client/product-image.js";
import { findProducts, tagsOf } from "../../client/search.js";
import { button, cardSkeletons, productCard, slowNotice, tagSkeletons } from "../components.js";
import { mascot } from "../mascot.js";

/** @import { Product } from "../../client/types.js" */
/** @import { Context, View } from "../context.js" */

/** How many cards are shown at once: more make phones slow. */
const PAGE_SIZE = 48;

/** How many pictures, those of the first rows, are fetched at once. */
const EAGER = 4;

/** Results that start in the upper part of the window, up to this share, need no scrolling. */
const VISIBLE_SHARE = 1 / 3;

/** @typedef {{label: string, compare: ((one: Product, other: Product) => number) | null}} Sort */

/** The orders in which products can be shown, by their name in the address. */
const SORTS = new Map(
  /** @type {[string, Sort][]} */ ([
    ["", { label: "Best match", compare: null }],
    ["price", { label: "Price, low to high", compare: (one, other) => one.cents - other.cents }],
    ["-price", { label: "Price, high to low", compare: (one, other) => other.cents - one.cents }],
    ["name", { label: "Name", compare: (one, other) => one.name.localeCompare(other.name) }],
  ]),
);

/** The number of results is announced when nothing has been typed for so long. */
const TYPING_PAUSE_MS = 500;

const hero = () =>
  el(
    "section",
    { class: "hero" },
    el(
      "div",
      { class: "hero-text" },
      el("h1", {}, "Lift the cart.", el("br"), el("em", {}, "We carry the rest.")),
      el("p", {}, "Honest gear for people who start on Monday. Any Monday."),
    ),
    el(
      "div",
      { class: "hero-pictures", "aria-hidden": "true" },
      ...["weights", "shoes", "bottle"].map((stem) =>
        productImage(`/static/images/${stem}_square.jpg`, { isEager: true }),
      ),
    ),
  );

/** @param {Context} context @returns {View} */
export const homeView =
  ({ catalog, router, announce, addToCart }) =>
  async ({ query, entry, signal, show }) => {
    let text = query.get("q") ?? "";
    let tag = query.get("tag");
    let sort = SORTS.has(query.get("sort") ?? "") ? (query.get("sort") ?? "") : "";
    let shown = typeof entry.shown === "number" ? entry.shown : PAGE_SIZE;
    let announceTimer = 0;
    const list = el("ul", { class: "cards", "aria-label": "Products" }, ...cardSkeletons(8));
    const tags = el("div", { class: "tags", role: "group", "aria-label": "Filter by tag" }, ...tagSkeletons());
    const note = el("div", { class: "nothing", hidden: true });
    const more = el(
      "p",
      { class: "acts", hidden: true },
      button("Show more", () => grow(), { kind: "plain" }),
    );
    const field = el("input", {
      id: "search",
      type: "search",
      name: "q",
      value: text,
      placeholder: "Search the shelves",
      autocomplete: "off",
      spellcheck: "false",
      enterkeyhint: "search",
      oninput: () => type(),
    });
    const form = el(
      "form",
      {
        class: "search",
        role: "search",
        onsubmit: (event) => {
          event.preventDefault();
          list.querySelector("a")?.focus();
        },
      },
      el("label", { for: "search", class: "unseen" }, "Search products"),
      field,
    );

    const tally = el("p", { class: "tally" }, "\u00a0");
    const sorting = el(
      "select",
      {
        id: "sort",
        onchange: () => {
          sort = sorting.value;
          search(text, tag);
        },
      },
      ...[...SORTS].map(([value, { label }]) => el("option", { value, selected: value === sort }, label)),
    );
    const bar = el(
      "div",
      { class: "tally-bar" },
      tally,
      el("label", { for: "sort", class: "unseen" }, "Sort by"),
      sorting,
    );

    /** Search, and keep the results in sight. */
    function type() {
      search(field.value, tag);
      if (head.getBoundingClientRect().top > innerHeight * VISIBLE_SHARE) head.scrollIntoView();
    }

    /** @param {string} newText @param {string|null} newTag */
    function search(newText, newTag) {
      text = newText;
      tag = newTag;
      if (shown !== PAGE_SIZE) router.updateEntry({ shown: PAGE_SIZE });
      shown = PAGE_SIZE;
      const wanted = new URLSearchParams({ ...(text && { q: text }), ...(tag && { tag }), ...(sort && { sort }) });
      router.replaceAddress(text || tag || sort ? `#/?${wanted}` : "#/");
      // A search that comes before the catalog is drawn when the catalog is here.
      if (!catalog.products) return;
      draw();
      clearTimeout(announceTimer);
      announceTimer = setTimeout(() => signal.aborted || announce(countWords(hits().length)), TYPING_PAUSE_MS);
    }

    function hits() {
      const found = findProducts(catalog.products ?? [], text, tag);
      const compare = SORTS.get(sort)?.compare;
      return compare ? [...found].sort(compare) : found;
    }

    function grow() {
      const at = shown;
      shown += PAGE_SIZE;
      router.updateEntry({ shown });
      draw();
      list.children[at]?.querySelector("a")?.focus();
    }

    function draw() {
      const found = hits();
      tally.textContent = found.length ? countWords(found.length) : "\u00a0";
      list.replaceChildren(
        ...found.slice(0, shown).map((product, index) => productCard(product, addToCart, { isEager: index < EAGER })),
      );
      more.hidden = found.length <= shown;
      for (const tagButton of tags.children)
        tagButton.setAttribute("aria-pressed", String((tagButton.getAttribute("data-tag") || null) === tag));
      note.hidden = found.length > 0;
      if (found.length) return;
      const isBare = !catalog.products?.length;
      note.replaceChildren(
        mascot(isBare ? "rest" : "lost"),
        el("b", {}, isBare ? "The shelves are empty" : "Nothing by that name"),
        el(
          "p",
          {},
          isBare ? "Everything is out exercising. Come back soon." : "We looked everywhere, twice. Good for the back.",
        ),
        isBare
          ? ""
          : button(
              "Show everything",
              () => {
                field.value = "";
                search("", null);
                field.focus();
              },
              { kind: "plain" },
            ),
      );
    }

    function drawTags() {
      /** @param {string|null} wanted */
      const choose = (wanted) => () => search(text, wanted === tag ? null : wanted);
      tags.replaceChildren(
        ...["", ...tagsOf(catalog.products ?? []).slice(0, 14)].map((name) =>
          el(
            "button",
            { type: "button", class: "tag", "data-tag": name, onclick: choose(name || null) },
            name || "everything",
          ),
        ),
      );
    }

    const head = el("div", { class: "finder" }, form, bar, tags);
    const isPlain = !text && !tag;
    if (!catalog.products) {
      const slow = slowNotice();
      show("Shop", isPlain ? hero() : el("h1", { class: "unseen" }, "Shop"), head, slow, list);
      await catalog.load();
      if (signal.aborted) return;
      drawTags();
      draw();
      slow.remove();
      list.after(note, more);
    } else {
      drawTags();
      draw();
      show("Shop", isPlain ? hero() : el("h1", { class: "unseen" }, "Shop"), head, list, note, more);
    }
  };

/** @param {number} count */
const countWords = (count) => (count === 1 ? "1 product" : `${count} products`);
