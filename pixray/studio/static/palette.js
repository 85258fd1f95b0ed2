// The palette: swatches to pick from, or a palette in pixray's notation, and how strictly it counts.

import { h } from "./dom.js";

/** What makes a palette count: the name of a filter or loss, and words for it. */
const WAYS = [
  { way: "strict", kind: "filters", part: "lookup", words: "only these colours" },
  { way: "gentle", kind: "losses", part: "palette", words: "towards these colours" },
];

export class Palette {
  #chosen = "";

  /** @param {Array} palettes of /api/options; @param {() => void} onChange */
  constructor(palettes, onChange) {
    this.palettes = palettes;
    this.onChange = onChange;
    const none = { name: "any colours", text: "", colours: [] };
    this.buttons = [none, ...palettes].map((palette) => this.#button(palette));
    this.own = h("input", { type: "text", placeholder: "or your own: black->orange->white \\8", "aria-label": "A palette of your own", autocomplete: "off", spellcheck: false });
    this.own.addEventListener("input", () => this.#choose(this.own.value.trim()));
    this.way = h("select", { "aria-label": "How strictly the palette counts", on: { input: onChange } }, ...WAYS.map(({ way, words }) => h("option", { value: way }, words)));
    this.element = h(
      "details.palette",
      {},
      h("summary", {}, "Palette ", (this.sample = h("span.sample"))),
      h("div.swatches", { role: "radiogroup", "aria-label": "Palette", on: { keydown: (event) => this.#arrows(event) } }, ...this.buttons),
      this.own,
      (this.ways = h("div.ways", {}, this.way)),
    );
    this.#choose("", false);
  }

  /** What the choice asks for: the palette's text and the part that makes it count; or nothing. */
  read() {
    if (!this.#chosen) return null;
    return { palette: this.#chosen, ...WAYS.find(({ way }) => way === this.way.value) };
  }

  /** @param {string|undefined} text; @param {string[]} parts names of the filters and losses that count */
  write(text, parts) {
    this.way.value = WAYS.find(({ part }) => parts.includes(part))?.way ?? WAYS[0].way;
    this.own.value = this.palettes.some((palette) => palette.text === text) ? "" : (text ?? "");
    this.#choose(text ?? "", false);
  }

  #button(palette) {
    const choose = () => {
      this.own.value = "";
      this.#choose(palette.text);
    };
    const button = h("button.swatch", { type: "button", role: "radio", on: { click: choose } }, strip(palette.colours), h("span", {}, palette.name));
    button.dataset.text = palette.text;
    return button;
  }

  #choose(text, told = true) {
    this.#chosen = text;
    const known = this.buttons.find((button) => button.dataset.text === text);
    for (const button of this.buttons) {
      button.setAttribute("aria-checked", String(button === known));
      button.tabIndex = button === (known ?? this.buttons[0]) ? 0 : -1;
    }
    const palette = this.palettes.find((candidate) => candidate.text === text);
    this.sample.replaceChildren(palette ? strip(palette.colours) : text ? text : "any colours");
    this.ways.hidden = !text;
    if (told) this.onChange();
  }

  /** Arrow keys go through a group of radio buttons. */
  #arrows(event) {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const place = this.buttons.indexOf(document.activeElement);
    const next = this.buttons[(place + step + this.buttons.length) % this.buttons.length];
    next.click();
    next.focus();
  }
}

/** Colours side by side, for the eye alone. */
export function strip(colours) {
  const element = h("span.strip", { "aria-hidden": "true" });
  for (const colour of colours) {
    const stripe = h("span");
    stripe.style.background = colour;
    element.append(stripe);
  }
  return element;
}
