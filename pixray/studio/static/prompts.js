// Prompts with weights: a row each. Used by the form and by the steering of a running picture.

import { h } from "./dom.js";
import { icon } from "./icons.js";

const WEIGHT = /^(.*\S)\s*:\s*(-?\d+(?:\.\d+)?)$/;

export class Prompts {
  #rows = [];

  /** @param {{label: string, placeholder?: string, onChange?: () => void}} words */
  constructor({ label, placeholder = "", onChange = () => {} }) {
    this.label = label;
    this.placeholder = placeholder;
    this.onChange = onChange;
    this.list = h("div.rows", { role: "group", "aria-label": label });
    const more = h("button.bare", { type: "button", on: { click: () => this.#add("", 1).text.focus() } }, "+ another prompt");
    const heading = h("div.heading", { "aria-hidden": "true" }, h("span", {}, label), h("span.quiet", {}, "weight"));
    this.element = h("div.prompts", {}, heading, this.list, more);
    this.#add("", 1);
  }

  /** The prompts in pixray's notation, `text:weight` where the weight is not 1. Empty rows are none. */
  read() {
    return this.#rows
      .map(({ text, weight }) => [text.value.trim(), Number(weight.value === "" ? 1 : weight.value)])
      .filter(([words]) => words)
      .map(([words, weight]) => (weight === 1 ? words : `${words}:${weight}`));
  }

  /** @param {string[]|string|undefined} prompts in the same notation; times ("words:1:50%") stay in the text */
  write(prompts) {
    const texts = Array.isArray(prompts) ? prompts : String(prompts ?? "").split("|").map((text) => text.trim());
    this.#rows = [];
    this.list.replaceChildren();
    for (const text of texts.length ? texts : [""]) {
      const parts = WEIGHT.exec(text);
      const isTimed = parts && WEIGHT.test(parts[1]);
      if (parts && !isTimed) this.#add(parts[1], Number(parts[2]));
      else this.#add(text, 1);
    }
  }

  focus() {
    this.#rows[0].text.focus();
  }

  /** Say in place what is missing; null: nothing. */
  complain(element) {
    const { text } = this.#rows[0];
    if (element) {
      text.setAttribute("aria-invalid", "true");
      text.setAttribute("aria-describedby", element.id);
    } else {
      text.removeAttribute("aria-invalid");
      text.removeAttribute("aria-describedby");
    }
  }

  #add(words, value) {
    const number = this.#rows.length + 1;
    const name = number === 1 ? this.label : `${this.label}, number ${number}`;
    const text = h("input.words", {
      type: "text",
      value: words,
      placeholder: number === 1 ? this.placeholder : "and also …",
      "aria-label": name,
      autocomplete: "off",
      enterKeyHint: "go",
      maxLength: 2000,
    });
    const weight = h("input.weight", {
      type: "number",
      step: 0.1,
      value,
      inputMode: "decimal",
      title: "weight: 2 counts double, -0.5 pushes away",
      "aria-label": `Weight of ${number === 1 ? "the first prompt" : `prompt ${number}`}`,
    });
    const row = { text, weight, element: h("div.row", {}, text, weight) };
    if (number > 1) row.element.append(this.#remover(row));
    for (const input of [text, weight]) input.addEventListener("input", this.onChange);
    this.#rows.push(row);
    this.list.append(row.element);
    return row;
  }

  #remover(row) {
    const remove = () => {
      this.#rows = this.#rows.filter((other) => other !== row);
      row.element.remove();
      this.focus();
      this.onChange();
    };
    return h("button.bare", { type: "button", "aria-label": "Remove this prompt", on: { click: remove } }, icon("close"));
  }
}
