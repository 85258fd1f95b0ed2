// All the other settings, in the groups of their declarations, with a search over names and help; and the presets.

import { h, show } from "./dom.js";
import { field, showOrigin } from "./fields.js";

export class MoreSettings {
  #fields = new Map();
  #groups = [];

  /**
   * @param {Array} settings rows of /api/options
   * @param {Array} presets of /api/options
   * @param {{onChange: () => void, onPreset: (settings: object) => void}} listeners
   */
  constructor(settings, presets, { onChange, onPreset }) {
    const search = h("input", { type: "search", placeholder: "find a setting", "aria-label": "Find a setting" });
    search.addEventListener("input", () => this.#find(search.value.trim().toLowerCase()));
    this.element = h("div.more", {}, this.#presets(presets, onPreset), search);
    for (const name of new Set(settings.map(({ group }) => group))) {
      const members = settings.filter(({ group }) => group === name);
      const box = h("div.fields");
      for (const setting of members) {
        const made = field(setting, { onChange });
        made.text = `${setting.name} ${setting.name.replaceAll("_", " ")} ${setting.help}`.toLowerCase();
        this.#fields.set(setting.name, made);
        box.append(made.element);
      }
      const group = { element: h("details", {}, h("summary", {}, name), box), members: members.map((setting) => this.#fields.get(setting.name)) };
      this.#groups.push(group);
      this.element.append(group.element);
    }
  }

  read() {
    return Object.fromEntries([...this.#fields].map(([name, { read }]) => [name, read()]).filter(([, value]) => value !== undefined));
  }

  write(settings) {
    for (const [name, { write }] of this.#fields) write(settings[name]);
  }

  showOrigin(brought, used) {
    showOrigin(this.#fields, brought, used);
  }

  names() {
    return [...this.#fields.keys()];
  }

  #presets(presets, onPreset) {
    const choose = h("select", { id: "preset" }, h("option", { value: "" }, "none"), ...presets.map(({ name, title }) => h("option", { value: name, title }, name)));
    choose.addEventListener("input", () => {
      const preset = presets.find(({ name }) => name === choose.value);
      about.textContent = preset?.title ?? "";
      if (preset) onPreset(preset.settings);
    });
    const about = h("span.quiet");
    return h("div.field", {}, h("label", { htmlFor: "preset" }, "preset"), choose, about);
  }

  #find(text) {
    for (const { element, members } of this.#groups) {
      const matches = members.map((made) => made.text.includes(text));
      members.forEach((made, place) => show(made.element, matches[place]));
      show(element, matches.some(Boolean));
      element.open = text !== "" && matches.some(Boolean);
    }
  }
}
