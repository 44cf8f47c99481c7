/** The catalog: everything at once, less of it with every letter typed. */

import { el } from "../client/dom.js";
import { findProducts, tagsOf } from "../client/search.js";
import { kettle } from "./art.js";
import { button, cardSkeletons, picture, productCard, slowNote, tagSkeletons } from "./pieces.js";

/** More cards than this at once are a workout for phones. */
const AT_ONCE = 48;

/** Pictures of the first rows are fetched at once. */
const EAGER = 4;

/** Results that start above this part of the window need no scrolling. */
const HIGH_ENOUGH = 1 / 3;

/** Typing is over when nothing has been typed for so long. */
const SETTLED_MS = 500;

const hero = () =>
  el(
    "section",
    { class: "hero" },
    el(
      "div",
      { class: "hero-words" },
      el("h1", {}, "Lift the cart.", el("br"), el("em", {}, "We carry the rest.")),
      el("p", {}, "Honest gear for people who start on Monday. Any Monday."),
    ),
    el(
      "div",
      { class: "hero-pictures", "aria-hidden": "true" },
      ...["weights", "shoes", "bottle"].map((stem) => picture(`/static/images/${stem}_square.jpg`, "", { isEager: true })),
    ),
  );

export const homeView = ({ shelves, router, say, addToCart }) =>
  async ({ query, signal, show }) => {
    let text = query.get("q") ?? "";
    let tag = query.get("tag");
    let shown = AT_ONCE;
    let settling = 0;
    const list = el("ul", { class: "cards", "aria-label": "Products" }, ...cardSkeletons(8));
    const tags = el("div", { class: "tags", role: "group", "aria-label": "Filter by tag" }, ...tagSkeletons());
    const note = el("div", { class: "nothing", hidden: true });
    const more = el("p", { class: "acts", hidden: true }, button("Show more", () => grow(), { kind: "plain" }));
    const field = el("input", {
      id: "search", type: "search", name: "q", value: text, placeholder: "Search the shelves", autocomplete: "off",
      spellcheck: "false", enterkeyhint: "search", oninput: () => type(),
    });
    const form = el(
      "form",
      { class: "search", role: "search", onsubmit: (event) => { event.preventDefault(); list.querySelector("a")?.focus(); } },
      el("label", { for: "search", class: "unseen" }, "Search products"),
      field,
    );

    const tally = el("p", { class: "tally" }, "\u00a0");

    /** What is found must be in sight of who types. */
    function type() {
      search(field.value, tag);
      if (head.getBoundingClientRect().top > innerHeight * HIGH_ENOUGH) head.scrollIntoView();
    }

    function search(newText, newTag) {
      text = newText;
      tag = newTag;
      shown = AT_ONCE;
      const wanted = new URLSearchParams({ ...(text && { q: text }), ...(tag && { tag }) });
      router.rename(wanted.size ? `#/?${wanted}` : "#/");
      // Who types before the shelves are here finds what was meant when they are.
      if (!shelves.products) return;
      draw();
      clearTimeout(settling);
      settling = setTimeout(() => signal.aborted || say(countWords(hits().length)), SETTLED_MS);
    }

    const hits = () => findProducts(shelves.products, text, tag);

    function grow() {
      const at = shown;
      shown += AT_ONCE;
      draw();
      list.children[at]?.querySelector("a")?.focus();
    }

    function draw() {
      const found = hits();
      tally.textContent = found.length ? countWords(found.length) : "\u00a0";
      list.replaceChildren(...found.slice(0, shown).map((product, place) => productCard(product, addToCart, { isEager: place < EAGER })));
      more.hidden = found.length <= shown;
      for (const each of tags.children) each.setAttribute("aria-pressed", String((each.dataset.tag || null) === tag));
      note.hidden = found.length > 0;
      if (found.length) return;
      const isBare = !shelves.products.length;
      note.replaceChildren(
        kettle(isBare ? "rest" : "lost"),
        el("b", {}, isBare ? "The shelves are empty" : "Nothing by that name"),
        el("p", {}, isBare ? "Everything is out exercising. Come back soon." : "We looked everywhere, twice. Good for the back."),
        isBare ? "" : button("Show everything", () => { field.value = ""; search("", null); field.focus(); }, { kind: "plain" }),
      );
    }

    function drawTags() {
      const choose = (wanted) => () => search(text, wanted === tag ? null : wanted);
      tags.replaceChildren(
        ...["", ...tagsOf(shelves.products).slice(0, 14)].map((each) =>
          el("button", { type: "button", class: "tag", "data-tag": each, onclick: choose(each || null) }, each || "everything"),
        ),
      );
    }

    const head = el("div", { class: "finder" }, form, tally, tags);
    const isPlain = !text && !tag;
    if (!shelves.products) {
      const slow = slowNote();
      show("Shop", isPlain ? hero() : el("h1", { class: "unseen" }, "Shop"), head, slow, list);
      await shelves.load();
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

const countWords = (count) => (count === 1 ? "1 product" : `${count} products`);
