// Tabs of the drawers, each with its own settings.

import { h } from "./dom.js";
import { field, showOrigin } from "./fields.js";
import { shownValue, words } from "./format.js";

const AT_ONCE = 6;

export class Drawers {
  #tabs = new Map();
  #chosen = null;

  /**
   * @param {{drawers: Array, settled: Array, defaults: object}} options of /api/options
   * @param {() => void} onChange
   */
  constructor({ drawers, settled, defaults }, onChange) {
    this.settled = settled;
    this.onChange = () => {
      this.#settle();
      onChange();
    };
    this.panel = h("div.panel", { role: "tabpanel", id: "drawer-panel" });
    const list = h("div.tabs", { role: "tablist", "aria-label": "Drawer", on: { keydown: (event) => this.#arrows(event) } });
    for (const drawer of drawers) {
      const id = `drawer-${drawer.name}`;
      const button = h("button.tab", { id, type: "button", role: "tab", "aria-controls": "drawer-panel", title: drawer.help, on: { click: () => this.choose(drawer.name) } }, words(drawer.name));
      const fields = new Map(drawer.settings.map((setting) => [setting.name, field(setting, { owner: drawer.name, onChange: this.onChange })]));
      this.#tabs.set(drawer.name, { button, fields, content: contentOf(drawer, fields, settled) });
      list.append(button);
    }
    this.element = h("div.drawers", {}, list, this.panel);
    this.choose(defaults.drawer);
  }

  get chosen() {
    return this.#chosen;
  }

  choose(name) {
    const tab = this.#tabs.get(name);
    if (!tab) return false;
    this.#chosen = name;
    for (const [other, { button }] of this.#tabs) {
      button.setAttribute("aria-selected", String(other === name));
      button.tabIndex = other === name ? 0 : -1;
    }
    this.panel.setAttribute("aria-labelledby", tab.button.id);
    this.panel.replaceChildren(tab.content);
    this.onChange();
    return true;
  }

  /** The settings of the chosen drawer that were set. */
  read() {
    const { fields } = this.#tabs.get(this.#chosen);
    return Object.fromEntries([...fields].map(([name, { read }]) => [name, read()]).filter(([, value]) => value !== undefined));
  }

  write(settings) {
    for (const { fields } of this.#tabs.values()) for (const [name, { write }] of fields) write(settings[name]);
    this.#settle();
  }

  /** Where one setting decides, others say so instead of offering a choice that would contradict it. */
  #settle() {
    for (const { fields } of this.#tabs.values())
      for (const { name, others, words: reason } of this.settled) {
        const value = fields.get(name)?.read();
        for (const other of others) fields.get(other)?.settle(value === undefined ? null : reason.replace("{}", shownValue(value)));
      }
  }

  showOrigin(brought, used) {
    for (const { fields } of this.#tabs.values()) showOrigin(fields, brought, used);
  }

  /** Every name that the chosen drawer understands. */
  names() {
    return [...this.#tabs.get(this.#chosen).fields.keys()];
  }

  #arrows(event) {
    const buttons = [...this.#tabs.values()].map(({ button }) => button);
    const place = buttons.indexOf(document.activeElement);
    const next = { ArrowRight: place + 1, ArrowLeft: place - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (next === undefined || place < 0) return;
    event.preventDefault();
    const button = buttons[(next + buttons.length) % buttons.length];
    button.click();
    button.focus();
  }
}

/** The fields of a drawer; those that decide over others come first, where their effect is seen. */
function contentOf(drawer, fields, settled) {
  const first = settled.map(({ name }) => name).filter((name) => fields.has(name));
  const all = [...new Set([...first, ...fields.keys()])].map((name) => fields.get(name).element);
  const rest = all.slice(AT_ONCE);
  return h(
    "div",
    {},
    h("p.quiet", {}, drawer.help),
    h("div.fields", {}, ...all.slice(0, AT_ONCE)),
    rest.length > 0 && h("details", {}, h("summary", {}, `${rest.length} more`), h("div.fields", {}, ...rest)),
  );
}
