// The form: what to paint and how. Everything in it that is a setting comes from /api/options.

import { api } from "./api.js";
import { Drawers } from "./drawers.js";
import { Effects } from "./effects.js";
import { h, setText, show } from "./dom.js";
import { field, showOrigin } from "./fields.js";
import { shownValue, words } from "./format.js";
import { keep, kept } from "./keep.js";
import { MoreSettings } from "./more.js";
import { Palette } from "./palette.js";
import { nameOf, partsOf } from "./parts.js";
import { Prompts } from "./prompts.js";
import { Seed } from "./seed.js";
import { StartPicture } from "./startpicture.js";

const KEPT = "pixray-form";
/** Settings with a control of their own; the start picture comes as an upload. */
const OWN = ["prompts", "drawer", "filters", "custom_loss", "palette", "seed", "init_image"];
const AT_HAND = ["quality", "aspect", "iterations"];

export class Composer {
  #writing = true;
  /** The choices of a restored picture, as long as the form says what followed from them. */
  #followed = null;

  /**
   * @param {object} options of /api/options
   * @param {(job: object) => void} onPaint told of every job that was begun
   */
  constructor(options, onPaint) {
    this.options = options;
    this.onPaint = onPaint;
    const changed = () => this.#changed();
    this.prompts = new Prompts({ label: "What shall it show?", placeholder: "a lighthouse at night", onChange: changed });
    this.seed = new Seed(changed);
    this.palette = new Palette(options.palettes, changed);
    this.start = new StartPicture(changed);
    this.drawers = new Drawers(options, changed);
    this.filters = new Effects("Filters", options.filters, changed);
    this.losses = new Effects("Losses", options.losses, changed);
    const general = new Map(options.general.map((setting) => [setting.name, setting]));
    this.atHand = new Map(AT_HAND.filter((name) => general.has(name)).map((name) => [name, field(general.get(name), { onChange: changed })]));
    const rest = options.general.filter(({ name }) => !OWN.includes(name) && !AT_HAND.includes(name));
    this.more = new MoreSettings(rest, options.presets, { onChange: changed, onPreset: (settings) => this.write(settings, true) });
    this.#build();
    const before = kept(KEPT);
    this.write({});
    if (before) this.#takeUp(before);
  }

  #build() {
    this.complaint = h("p.complaint", { id: "complaint", role: "alert", hidden: true });
    this.starts = h(
      "div.chips",
      { role: "group", "aria-label": "Ways to begin" },
      ...this.options.starts.map((start) => h("button.chip", { type: "button", on: { click: () => this.#begin(start) } }, start.name)),
    );
    this.begun = h("p.quiet.begun", { role: "status", hidden: true });
    this.button = h("button.primary", { type: "submit" }, "Paint");
    const parts = [this.filters.element, this.losses.element, this.more.element];
    this.element = h(
      "form",
      { noValidate: true, on: { submit: (event) => this.#submit(event) } },
      h("h2.unseen", { id: "composer-title" }, "A new picture"),
      this.prompts.element,
      this.complaint,
      this.starts,
      this.begun,
      h("div.fields.at-hand", {}, ...[...this.atHand.values()].map(({ element }) => element), this.seed.element),
      this.palette.element,
      this.start.element,
      h("details.section", { open: !matchMedia("(max-width: 60rem)").matches }, h("summary", {}, "Drawer"), this.drawers.element),
      h("details.section", {}, h("summary", {}, "Filters, losses and all settings"), ...parts),
      h("div.submit", {}, this.button, h("button.bare", { type: "button", on: { click: () => this.#clear() } }, "start over")),
    );
  }

  /** The settings as a request has them: only what differs from pixray's own defaults. */
  read() {
    const palette = this.palette.read();
    const filters = this.filters.read(palette?.kind === "filters" ? [palette.part] : []);
    const losses = this.losses.read(palette?.kind === "losses" ? [palette.part] : []);
    const settings = { drawer: this.drawers.chosen, ...this.more.read(), ...filters.settings, ...losses.settings, ...this.drawers.read() };
    for (const [name, { read }] of this.atHand) settings[name] = read();
    settings.prompts = this.prompts.read();
    settings.palette = palette?.palette;
    settings.filters = filters.text || undefined;
    settings.custom_loss = losses.text || undefined;
    settings.seed = this.seed.read();
    return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
  }

  /**
   * Fill the form.
   * @param {object} settings by name; what is not named goes back to the page's first values, or to pixray's own
   * @param {boolean} keep leave prompts, seed and start picture that are not named as they are
   */
  write(settings, keep = false) {
    const whole = "drawer" in settings && !keep ? settings : { ...this.options.defaults, ...settings };
    this.#writing = true;
    this.drawers.write(whole);
    this.drawers.choose(whole.drawer) || this.drawers.choose(this.options.defaults.drawer);
    this.palette.write(whole.palette, [...partsOf(whole.filters), ...partsOf(whole.custom_loss)].map(nameOf));
    this.filters.write(whole.filters, whole);
    this.losses.write(whole.custom_loss, whole);
    this.more.write(whole);
    for (const [name, { write }] of this.atHand) write(whole[name]);
    if (!keep || "prompts" in settings) this.prompts.write(whole.prompts);
    if (!keep || "seed" in settings) this.seed.write(whole.seed);
    if (!keep) this.start.write(null);
    this.#showOrigin({}, {});
    this.#writing = false;
    this.#changed();
  }

  /**
   * Fill the form with what made a picture, and show all of it: what the picture brought is marked, what followed from
   * that stands in the empty fields as long as nothing else changes.
   * @param {{settings: object, used: object, start: string|null}} restored as /api/restore tells it
   */
  restore({ settings, used, start }) {
    this.write(settings);
    if (start) this.start.write(start);
    this.#showOrigin(settings, used);
    this.#followed = this.#choices();
  }

  #showOrigin(brought, used) {
    this.#followed = null;
    showOrigin(this.atHand, brought, used);
    for (const part of [this.drawers, this.filters, this.losses, this.more]) part.showOrigin(brought, used);
    for (const field of this.element?.querySelectorAll(".restored") ?? [])
      for (let box = field.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
  }

  /** All choices but words and chance, from which other values may follow. */
  #choices() {
    return JSON.stringify({ ...this.read(), prompts: null, seed: null });
  }

  /** Names of settings that the form cannot hold. */
  unknown(settings) {
    const known = new Set([...OWN, ...AT_HAND, ...this.more.names(), ...this.filters.names(), ...this.losses.names(), ...this.drawers.names()]);
    return Object.keys(settings).filter((name) => !known.has(name));
  }

  focus() {
    this.prompts.focus();
  }

  #begin(start) {
    this.write(start.settings, true);
    this.#mark(start);
  }

  /** The way to begin that was chosen, and what it set in the form; null: none. */
  #mark(start) {
    this.beginning = start;
    for (const chip of this.starts.children) chip.setAttribute("aria-pressed", String(chip.textContent === start?.name));
    const told = Object.entries(start?.settings ?? {}).filter(([, value]) => typeof value !== "boolean");
    show(this.begun, Boolean(start));
    setText(this.begun, told.map(([name, value]) => `${words(name)}: ${shownValue(words(String(value)))}`).join(" · "));
  }

  /** A way to begin of which something was changed by hand is none any more. */
  #remove_marker() {
    const read = this.read();
    const same = ([name, value]) => typeof value === "boolean" || String(read[name]) === String(value);
    if (this.beginning && !Object.entries(this.beginning.settings).every(same)) this.#mark(null);
  }

  #clear() {
    this.write({});
    this.#mark(null);
    this.focus();
  }

  #changed() {
    if (this.#writing) return;
    if (this.#followed && this.#followed !== this.#choices()) this.#showOrigin({}, {});
    if (this.prompts.read().length) this.#complain(null);
    this.#remove_marker();
    keep(KEPT, JSON.stringify({ settings: this.read(), start: this.start.read() }));
  }

  /** What was typed before a reload. */
  #takeUp(text) {
    const { settings, start } = JSON.parse(text);
    this.write(settings);
    if (start) this.start.write(start);
  }

  async #submit(event) {
    event.preventDefault();
    const settings = this.read();
    if (!settings.prompts.length && !this.start.read() && !settings.custom_loss) {
      this.#complain("Say in a few words what to paint, such as “a red heart”.");
      this.focus();
      return;
    }
    this.button.disabled = true;
    try {
      this.onPaint(await api.paint(settings, this.start.read()));
      this.#complain(null);
    } catch (error) {
      this.#complain(error.message);
    } finally {
      this.button.disabled = false;
    }
  }

  #complain(text) {
    this.complaint.textContent = text ?? "";
    show(this.complaint, Boolean(text));
    this.prompts.complain(text ? this.complaint : null);
  }
}
