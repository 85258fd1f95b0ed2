// Steering a picture while it grows: other words and weights, the step size, a palette, or back to an earlier point.

import { api } from "./api.js";
import { h, keyed, setText, show } from "./dom.js";
import { field } from "./fields.js";
import { inkOf, nudgeButtons, nudged } from "./nudges.js";
import { nameOf, partsOf, withParts, withoutPart } from "./parts.js";
import { Prompts } from "./prompts.js";
import { toldAs } from "./told.js";
import { attempt } from "./toast.js";

const STEERABLE = new Set(["running", "paused"]);
/** Settings with a control of their own. */
const OWN = new Set(["prompts", "palette", "filters", "custom_loss", "learning_rate"]);
/** The filter that locks the colours of a picture to a palette, and the choice that lets them go. */
const LOCK = "lookup";
const FREE = "free";
const PACES = [
  ["as it is", ""],
  ["a quarter", "0.25"],
  ["half", "0.5"],
  ["double", "2"],
];

export class Steering {
  #id = null;
  /** Whether the settings of the picture are still on their way: events bring jobs of other browsers without them. */
  #partial = false;
  #points = new Map();
  #said = new Map();
  #fields = [];

  /** @param {object} options of /api/options */
  constructor({ palettes, nudges, general, drawers, filters, losses }) {
    this.settings = general.filter(({ steerable }) => steerable);
    this.drawers = drawers;
    this.told = { nudges, palettes };
    this.parts = [...drawers, ...filters, ...losses];
    this.rate = general.find(({ name }) => name === "learning_rate")?.default;
    this.prompts = new Prompts({ label: "Steer towards" });
    this.pace = h("select", { id: "steer-pace" }, ...PACES.map(([words, value]) => h("option", { value }, words)));
    this.losses = h("input", { id: "steer-losses", type: "text", placeholder: "none", autocomplete: "off", spellcheck: false });
    this.palette = h("select", { id: "steer-palette" }, h("option", { value: "" }, "as it is"), h("option", { value: FREE }, "any colours"), ...palettes.map(({ name, text }) => h("option", { value: text }, name)));
    this.points = h("div.chips", { role: "group", "aria-label": "Go back to an earlier step" });
    this.history = h("ol.history", { "aria-label": "Changes so far" });
    this.element = h(
      "section.steering",
      { "aria-labelledby": "steering-title" },
      h("h2", { id: "steering-title" }, "Steer while it paints"),
      this.prompts.element,
      (this.nudges = nudgeButtons(nudges, "make it", (nudge) => this.#nudge(nudge))),
      (this.inked = h("p.quiet.inked")),
      h("div.fields", {}, labelled("step size", this.pace), labelled("palette lock", this.palette), labelled("losses", this.losses)),
      (this.more = h("details", {}, h("summary", {}, "more that can change"), (this.box = h("div.fields")))),
      h("div.submit", {}, h("button.primary", { type: "button", on: { click: () => this.#apply() } }, "Steer")),
      (this.back = h("div.back", {}, h("span.quiet", {}, "back to step"), this.points)),
      this.history,
    );
  }

  update(job) {
    this.job = job;
    show(this.element, Boolean(job && STEERABLE.has(job.state)) && this.settings.length > 0);
    if (!job) return;
    if (job.id !== this.#id || (this.#partial && job.settings)) this.#change(job);
    const points = job.checkpoints ?? [];
    show(this.back, points.length > 0);
    keyed(this.points, points, String, (step) => this.#point(step), this.#points);
    const changes = (job.steering ?? []).map((change, place) => ({ ...change, place }));
    keyed(this.history, changes, ({ place }) => String(place), () => line(this.told), this.#said);
  }

  /** What the controls say when another picture is chosen: what it was begun with, and how it was steered since. */
  #change(job) {
    this.#id = job.id;
    this.#partial = !job.settings;
    this.history.replaceChildren();
    this.#said.clear();
    const now = { ...job.settings };
    for (const { changes } of job.steering ?? []) Object.assign(now, changes);
    this.now = now;
    this.prompts.write(now.prompts ?? job.prompts);
    this.said = JSON.stringify(this.prompts.read());
    this.losses.value = now.custom_loss ?? "";
    this.pace.value = "";
    this.palette.value = "";
    this.#offer(now, job.drawer);
    this.#tellInk(this.#partial ? null : inkOf(this.drawers.find(({ name }) => name === job.drawer), now));
  }

  /** Colours of a drawing in one ink cannot be steered: that is said in place of buttons without effect. */
  #tellInk(ink) {
    show(this.nudges, ink === null);
    show(this.inked, ink !== null);
    setText(this.inked, ink === null ? "" : `It is drawn in one ink, ${ink}, which cannot be steered. When it is done, “make it warmer” draws it in another one.`);
  }

  /** Every other setting that may change: of all runs, and of the parts of this one. */
  #offer(now, drawer) {
    const named = new Set([drawer, ...[...partsOf(now.filters), ...partsOf(now.custom_loss)].map(nameOf)]);
    const own = this.parts.filter(({ name }) => named.has(name)).flatMap(({ settings }) => settings.filter(({ steerable }) => steerable));
    this.#fields = [...own, ...this.settings].filter(({ name }) => !OWN.has(name)).map((setting) => {
      const made = field(setting, { owner: drawer, onChange: () => {} });
      made.write(now[setting.name]);
      return { name: setting.name, ...made, before: JSON.stringify(made.read()) };
    });
    this.box.replaceChildren(...this.#fields.map(({ element }) => element));
    show(this.more, this.#fields.length > 0);
  }

  #point(step) {
    const undo = () => attempt(() => api.order(this.#id, "undo", { step }));
    return { element: h("button.chip", { type: "button", on: { click: undo } }, String(step)), update: () => {} };
  }

  #nudge(nudge) {
    const { custom_loss: losses, palette } = nudged({ custom_loss: this.losses.value }, nudge);
    this.losses.value = losses;
    this.#apply({ palette });
  }

  #lock(palette) {
    const { filters } = this.now;
    return palette === FREE ? { palette: null, filters: withoutPart(filters, LOCK) } : { palette, filters: withParts(filters, LOCK) };
  }

  async #apply(besides = {}) {
    const changes = { ...besides };
    if (this.losses.value.trim() !== (this.now.custom_loss ?? "")) changes.custom_loss = this.losses.value.trim() || null;
    if (this.palette.value) Object.assign(changes, this.#lock(this.palette.value));
    if (this.pace.value) changes.learning_rate = Number(this.pace.value) * (this.now.learning_rate ?? this.rate);
    for (const { name, read, before } of this.#fields) if (JSON.stringify(read()) !== before) changes[name] = read() ?? null;
    const prompts = this.prompts.read();
    if (JSON.stringify(prompts) !== this.said || !Object.keys(changes).length) changes.prompts = prompts;
    const told = await attempt(() => api.order(this.#id, "steer", { changes }));
    if (!told) return;
    Object.assign(this.now, changes);
    this.said = JSON.stringify(prompts);
    for (const made of this.#fields) made.before = JSON.stringify(made.read());
  }
}

/** One change in plain words: "warmer colours from step 48". */
function line(context) {
  const element = h("li");
  return { element, update: ({ step, changes }) => setText(element, `${toldAs(changes, context)} from step ${step}`) };
}

function labelled(words, input) {
  return h("div.field", {}, h("label", { htmlFor: input.id }, words), input);
}
