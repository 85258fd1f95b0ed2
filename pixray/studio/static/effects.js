// Filters and losses: buttons to switch parts on, and the settings of those that are on.

import { h, show } from "./dom.js";
import { field, showOrigin } from "./fields.js";
import { words } from "./format.js";
import { nameOf, partsOf } from "./parts.js";

export class Effects {
  #parts = new Map();

  /**
   * @param {string} title; @param {Array} parts of /api/options; @param {() => void} onChange
   */
  constructor(title, parts, onChange) {
    this.element = h("fieldset.effects", {}, h("legend", {}, title));
    const buttons = h("div.chips");
    this.element.append(buttons);
    for (const part of parts) {
      const fields = new Map(part.settings.map((setting) => [setting.name, field(setting, { owner: part.name, onChange })]));
      const box = h("div.fields", { role: "group", "aria-label": `Settings of ${words(part.name)}` }, ...[...fields.values()].map(({ element }) => element));
      const button = h("button.chip", { type: "button", title: part.help, "aria-pressed": "false" }, words(part.name));
      const entry = { button, box, fields, weight: "" };
      button.addEventListener("click", () => {
        this.#set(entry, !isOn(entry));
        onChange();
      });
      this.#parts.set(part.name, entry);
      buttons.append(button);
      this.element.append(box);
      this.#set(entry, false);
    }
  }

  /** The parts that are on, in pixray's notation, and their settings by name. */
  read(besides = []) {
    const on = [...this.#parts].filter(([name, entry]) => isOn(entry) || besides.includes(name));
    const settings = {};
    for (const [, entry] of on)
      for (const [name, { read }] of entry.fields) if (read() !== undefined) settings[name] = read();
    return { text: on.map(([name, entry]) => name + entry.weight).join(","), settings };
  }

  /** @param {string|undefined} text such as "edge,symmetry:2"; @param {object} settings all that were asked for */
  write(text, settings) {
    const weights = new Map(partsOf(text).map((part) => [nameOf(part), part.slice(nameOf(part).length)]));
    for (const [name, entry] of this.#parts) {
      entry.weight = weights.get(name) ?? "";
      this.#set(entry, weights.has(name));
      for (const [setting, { write }] of entry.fields) write(settings[setting]);
    }
  }

  showOrigin(brought, used) {
    for (const { fields } of this.#parts.values()) showOrigin(fields, brought, used);
  }

  names() {
    return [...this.#parts.values()].flatMap(({ fields }) => [...fields.keys()]);
  }

  #set(entry, on) {
    entry.button.setAttribute("aria-pressed", String(on));
    show(entry.box, on && entry.fields.size > 0);
  }
}

function isOn(entry) {
  return entry.button.getAttribute("aria-pressed") === "true";
}
