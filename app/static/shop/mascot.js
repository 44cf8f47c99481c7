/**
 * Kettle, the mascot, shown where a view has nothing else to show. Drawn here and not in a
 * file, because without a network no file can be fetched. Colors are in `shop.css`.
 */

/** @typedef {"rest"|"ready"|"lost"|"cutOff"|"breathless"} Mood */
/** @typedef {[string, Record<string, string|number>]} Shape The name of an SVG element, and its attributes. */

const SVG = "http://www.w3.org/2000/svg";

/** @type {Shape[]} */
const BODY = [
  ["circle", { class: "k-blob", cx: 100, cy: 84, r: 72 }],
  ["ellipse", { class: "k-shade", cx: 100, cy: 148, rx: 56, ry: 7 }],
  ["path", { class: "k-handle", d: "M74 74C60 22 140 22 126 74" }],
  [
    "path",
    {
      class: "k-body",
      d: "M100 58C134 58 150 82 150 106C150 126 138 146 122 146H78C62 146 50 126 50 106C50 82 66 58 100 58Z",
    },
  ],
  ["path", { class: "k-shine", d: "M62 102C63 88 70 78 80 73" }],
];
/** @param {[number, number][]} centers @returns {Shape[]} */
const eyes = (...centers) => centers.map(([cx, cy]) => ["circle", { class: "k-fill", cx, cy, r: 5 }]);

/** What each mood adds to the body. @type {Record<Mood, Shape[]>} */
const MOODS = {
  rest: [
    ["path", { class: "k-line", d: "M75 100Q82 107 89 100M111 100Q118 107 125 100M92 122Q100 127 108 122" }],
    ["path", { class: "k-ink", d: "M168 34H184L168 52H184M186 4H197L186 17H197" }],
  ],
  ready: [
    ...eyes([82, 100], [118, 100]),
    ["path", { class: "k-line", d: "M84 117Q100 134 116 117" }],
    ["path", { class: "k-band", d: "M58 82Q100 66 142 82" }],
  ],
  lost: [
    ...eyes([90, 97], [126, 97]),
    ["path", { class: "k-line", d: "M96 124Q104 118 112 124M80 84L92 80M116 80L128 84" }],
    ["path", { class: "k-ink", d: "M172 26Q174 12 187 14Q199 18 194 31Q186 39 185 47M185 59V60" }],
  ],
  cutOff: [
    ...eyes([82, 102], [118, 102]),
    ["path", { class: "k-line", d: "M88 126Q94 118 100 124T112 122M74 90L88 86M112 86L126 90" }],
    [
      "path",
      {
        class: "k-ink",
        d: "M4 124H22M22 112V136H32Q42 136 42 124T32 112ZM196 124H178M178 112V136H170V112ZM170 118H160M170 130H160",
      },
    ],
  ],
  breathless: [
    ["path", { class: "k-line", d: "M74 94L86 100L74 106M126 94L114 100L126 106" }],
    ["ellipse", { class: "k-fill", cx: 100, cy: 124, rx: 10, ry: 8 }],
    [
      "path",
      {
        class: "k-drop",
        d: "M160 56C168 68 170 72 170 77A10 10 0 0 1 150 77C150 72 152 68 160 56ZM38 44C44 53 46 56 46 60A8 8 0 0 1 30 60C30 56 32 53 38 44Z",
      },
    ],
  ],
};

/** Return Kettle in a mood. @param {Mood} mood */
export function mascot(mood) {
  const picture = node("svg", {
    viewBox: "0 0 200 160",
    class: "kettle",
    width: 200,
    height: 160,
    "aria-hidden": "true",
  });
  picture.append(...[...BODY, ...MOODS[mood]].map(([name, attributes]) => node(name, attributes)));
  return picture;
}

/** @param {string} name @param {Record<string, string|number>} attributes */
function node(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}
