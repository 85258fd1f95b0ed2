// What can be done with the chosen picture. Only what its state allows is offered.

import { api } from "./api.js";
import { h, keyed, setText, show } from "./dom.js";
import { bytes } from "./format.js";
import { drawsInInk, hasOwnColours, inkOf, nudgeButtons, nudged } from "./nudges.js";
import { ACTIVE } from "./store.js";
import { tinted } from "./tint.js";
import { attempt, toast } from "./toast.js";

/** Kinds of files with a button of their own, in this order; all others are in the archive. */
const KINDS = { picture: "PNG", svg: "SVG", sprite: "sprite", aseprite: "Aseprite", video: "video" };
const MORE_STEPS = "+100";
/** Steps of a sprite that begins with its own form in other shades. */
const TOUCH_UP = 1;

function kindOf({ name, kind }) {
  return name.endsWith(".aseprite") ? "aseprite" : kind;
}

export class Actions {
  #files = new Map();
  #id = null;

  /**
   * @param {{composer: object, options: object, onPaint: (job) => void, onCompare: (job) => void}} context
   */
  constructor({ composer, options, onPaint, onCompare }) {
    Object.assign(this, { composer, drawers: options.drawers, onPaint, onCompare });
    const button = (words, act, title = "") => h("button", { type: "button", title, on: { click: () => attempt(() => act(this.job)) } }, words);
    this.live = {
      pause: button("Pause", (job) => api.order(job.id, "pause")),
      resume: button("Resume", (job) => api.order(job.id, "resume")),
      cancel: button("Stop", (job) => api.order(job.id, "cancel"), "the picture so far is kept"),
    };
    this.done = {
      again: button("Again with another seed", (job) => this.#again(job)),
      goOn: button("Go on", (job) => this.#goOn(job), `${MORE_STEPS} steps`),
      use: button("Use as start", (job) => this.#use(job), "paint on from this picture, with other words"),
      change: button("Edit its settings", (job) => this.#restore(job), "put its settings into the form"),
      compare: button("Compare", (job) => this.onCompare(job)),
      remove: h("button.bare", { type: "button", on: { click: () => attempt(() => this.#remove(this.job)) } }, "Delete"),
    };
    this.downloads = h("span.downloads", { role: "group", "aria-label": "Downloads" });
    this.nudges = nudgeButtons(options.nudges, "make it", (nudge) => attempt(() => this.#nudge(this.job, nudge)));
    this.told = h("p.told", { role: "status", hidden: true });
    const row = (...buttons) => h("div.row", {}, ...buttons);
    this.element = h("div.actions", {}, row(...Object.values(this.live)), this.downloads, row(...Object.values(this.done)), this.nudges, this.told);
  }

  update(job) {
    if (this.job?.id !== job?.id) this.#tell("");
    this.job = job;
    show(this.element, Boolean(job));
    if (!job) return;
    show(this.live.pause, job.state === "running");
    show(this.live.resume, job.state === "paused");
    show(this.live.cancel, ACTIVE.has(job.state));
    const finished = !ACTIVE.has(job.state);
    for (const button of Object.values(this.done)) show(button, finished);
    show(this.done.use, finished && Boolean(job.picture));
    show(this.done.compare, finished && Boolean(job.picture));
    show(this.nudges, finished && Boolean(job.picture));
    show(this.done.goOn, job.state === "done" || job.state === "cancelled");
    this.#showFiles(job, finished);
  }

  #showFiles(job, finished) {
    if (this.#id !== job.id) {
      this.downloads.replaceChildren();
      this.#files.clear();
      this.#id = job.id;
    }
    const order = Object.keys(KINDS);
    const shown = finished ? (job.files ?? []).map((file) => ({ ...file, kind: kindOf(file) })).filter(({ kind }) => kind in KINDS) : [];
    const files = shown.sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
    const items = files.length ? [...files, { name: "all", kind: "all" }] : [];
    keyed(this.downloads, items, ({ name }) => name, (file) => this.#link(job, file, files), this.#files);
  }

  #link(job, file, files) {
    const same = files.filter(({ kind }) => kind === file.kind).length > 1;
    const words = file.kind === "all" ? "all files" : same ? file.name.replace(/^output_/, "") : KINDS[file.kind];
    const href = file.kind === "all" ? `/api/jobs/${encodeURIComponent(job.id)}/archive.zip` : api.file(job.id, file.name);
    const element = h("a.button", { href, download: "", title: `${file.name} ${bytes(file.bytes)}`.trim() }, `↓ ${words}`);
    return { element, update: () => {} };
  }

  async #whole(job) {
    return job.settings ? job : await api.job(job.id);
  }

  /** The picture that a row of pushes began with; where it was deleted, the oldest that is left. */
  async #first(whole) {
    let first = whole;
    while (first.push && first.parent) {
      const parent = await api.job(first.parent).catch(() => null);
      if (!parent) break;
      first = parent;
    }
    return first;
  }

  /** What was asked for: a pushed sprite was only touched up, so what counts is what its cells were painted with. */
  #asked(whole, first) {
    return (hasOwnColours(whole.settings) ? first : whole).settings;
  }

  /** What was asked for, from the beginning: a picture that was pushed begins where the first of its row did. */
  async #again(job) {
    const whole = await this.#whole(job);
    const first = await this.#first(whole);
    const start = first.push ? null : (first.start ?? null);
    this.onPaint(await api.paint({ ...this.#asked(whole, first), seed: undefined }, start));
  }

  async #goOn(job) {
    this.onPaint(await api.order(job.id, "continue", { iterations: MORE_STEPS }));
  }

  /**
   * The same once more, pushed a little: from its own picture, or, where it is drawn, stroke by stroke as before. A
   * sprite keeps its cells: its picture in other shades is only touched up, without the noise that a start picture gets otherwise.
   */
  async #nudge(job, nudge) {
    const whole = await this.#whole(job);
    const settings = { ...whole.settings, seed: job.seed ?? whole.settings.seed };
    const drawer = this.drawers.find(({ name }) => name === job.drawer);
    const ink = inkOf(drawer, settings);
    if (ink === nudge.ink) return this.#tell(`It is drawn in that colour already, so it cannot be made ${nudge.name}.`);
    const made = { parent: job.id, push: nudge.name };
    if (ink === null && hasOwnColours(settings)) {
      const { picture, palette } = await tinted(await this.#picture(job), nudge.tint);
      const { id } = await api.upload(picture);
      return this.onPaint(await api.paint({ ...settings, palette, init_image_alpha: 255, iterations: TOUCH_UP }, id, made));
    }
    const pushed = ink === null ? nudged(settings, nudge) : { ...settings, ink: nudge.ink };
    const start = drawsInInk(drawer) ? (whole.start ?? null) : (await this.#upload(job)).id;
    this.onPaint(await api.paint(pushed, start, made));
  }

  /** Beside the button that was pressed, as long as this picture is shown. */
  #tell(text) {
    setText(this.told, text);
    show(this.told, Boolean(text));
  }

  async #picture(job) {
    return (await fetch(api.picture(job.id))).blob();
  }

  /** Its picture as a start picture of another. */
  async #upload(job) {
    return api.upload(await this.#picture(job));
  }

  async #use(job) {
    const whole = await this.#whole(job);
    this.composer.write({ drawer: job.drawer, ...this.#asked(whole, await this.#first(whole)), seed: undefined });
    this.composer.start.write((await this.#upload(job)).id);
    toast("The form holds its words and starts from its picture. Change the words and paint.");
    this.composer.focus();
  }

  async #restore(job) {
    const { settings, start } = await this.#whole(job);
    this.composer.restore({ settings: { drawer: job.drawer, ...settings, seed: job.seed ?? settings.seed }, used: {}, start });
    this.composer.focus();
  }

  async #remove(job) {
    if (!confirm("Delete this picture and its files?")) return;
    await api.remove(job.id);
  }
}
