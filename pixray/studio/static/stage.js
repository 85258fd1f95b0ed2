// The chosen picture, large: as it grows, at any saved step, and when it is done.

import { api } from "./api.js";
import { Curve } from "./curve.js";
import { h, setText, show } from "./dom.js";
import { isCrisp, progress, title } from "./format.js";
import { icon } from "./icons.js";

const FRAMES_PER_SECOND = 12;

export class Stage {
  #id = null;
  #step = null;
  #film = 0;
  #asked = new Set();

  /**
   * @param {import("./store.js").Store} store
   * @param {Array<{element: HTMLElement, update: (job) => void}>} parts what follows the chosen picture; the first
   *   stands below it
   */
  constructor(store, parts) {
    this.store = store;
    this.parts = parts;
    this.curve = new Curve();
    this.#build(parts[0]);
    store.addEventListener("change", ({ detail }) => {
      if (detail.id === null || detail.id === this.store.selected) this.update();
    });
    store.addEventListener("gap", () => {
      this.#asked.clear();
      if (this.store.current) this.#ask(this.store.current);
    });
    this.update();
  }

  #build(actions) {
    this.image = h("img.picture", { alt: "" });
    this.frame = h("div.frame", {}, this.image, (this.empty = h("p.empty")));
    this.slider = h("input", { type: "range", min: 0, step: 1, "aria-label": "Step to look at", on: { input: () => this.#look() } });
    this.play = h("button.bare", { type: "button", "aria-label": "Watch it grow", title: "watch it grow", on: { click: () => this.#playOrStop() } }, icon("play"));
    this.where = h("output.where");
    this.steps = h("div.steps", {}, this.play, this.slider, this.where);
    this.bar = h("progress", { "aria-label": "Progress" });
    this.words = h("h2", { id: "stage-title" });
    this.origin = h("p.quiet.origin");
    this.facts = h("p.quiet.facts");
    this.state = h("p.state", { role: "status" });
    this.error = h("p.complaint");
    this.element = h(
      "div.stage",
      {},
      this.frame,
      h("div.below", {}, this.words, this.origin, this.state, this.error, this.bar, this.steps, this.curve.element, this.facts, actions.element),
    );
  }

  update() {
    const job = this.store.current;
    this.element.classList.toggle("vacant", !job);
    if (job?.id !== this.#id) this.#change(job);
    for (const part of this.parts) part.update(job);
    if (!job) {
      show(this.image, false);
      setText(this.empty, "Your picture will grow here.");
      return;
    }
    setText(this.words, title(job));
    setText(this.origin, job.push ?? "");
    show(this.origin, Boolean(job.push));
    setText(this.state, this.#told(job));
    const [width, height] = job.size ?? [];
    setText(this.facts, [job.drawer?.replaceAll("_", " "), width && `${width} × ${height}`, job.seed !== null && job.seed !== undefined && `seed ${job.seed}`].filter(Boolean).join(" · "));
    setText(this.error, job.error ?? "");
    show(this.error, Boolean(job.error));
    show(this.bar, job.state === "running" || job.state === "paused");
    this.bar.max = job.steps || 1;
    this.bar.value = job.step ?? 0;
    this.#showPicture(job);
    this.curve.draw(this.store.curves.get(job.id), job.steps, this.#step);
  }

  /** Screen readers hear states, not each step. */
  #told(job) {
    this.state.setAttribute("aria-live", job.state === "running" ? "off" : "polite");
    return progress(job);
  }

  #change(job) {
    clearInterval(this.#film);
    this.#film = 0;
    this.#id = job?.id ?? null;
    this.#step = null;
    if (job) this.#ask(job);
  }

  /** What events do not tell: the whole curve, and the settings of a job that another browser made. */
  #ask(job) {
    if (this.#asked.has(job.id)) return;
    this.#asked.add(job.id);
    api.curve(job.id).then((curve) => curve && this.store.rememberAll(job.id, curve));
    if (!job.settings) api.job(job.id).then((whole) => this.store.take("job", whole), () => {});
  }

  #showPicture(job) {
    const steps = job.pictures ?? [];
    const newest = this.#step === null;
    const address = newest ? newestOf(job) : api.preview(job.id, this.#step);
    show(this.steps, steps.length > 1);
    this.slider.max = Math.max(0, steps.length - 1);
    if (newest) this.slider.value = steps.length - 1;
    setText(this.where, newest ? (job.state === "done" ? "finished" : "now") : `step ${this.#step}`);
    this.slider.setAttribute("aria-valuetext", this.where.textContent);
    this.image.classList.toggle("crisp", isCrisp(job));
    const [width, height] = job.size ?? [1, 1];
    this.frame.style.setProperty("--shape", width / height);
    show(this.image, Boolean(address));
    this.image.alt = `${title(job)}, ${newest ? progress(job).split(" · ")[0] : `step ${this.#step}`}`;
    if (address && this.image.getAttribute("src") !== address) this.image.src = address;
    setText(this.empty, address ? "" : progress(job));
  }

  #look() {
    const steps = this.store.current?.pictures ?? [];
    const place = Number(this.slider.value);
    this.#step = place >= steps.length - 1 ? null : steps[place];
    this.update();
  }

  #playOrStop() {
    if (this.#film) {
      clearInterval(this.#film);
      this.#film = 0;
      return;
    }
    this.slider.value = 0;
    this.#look();
    this.#film = setInterval(() => {
      this.slider.value = Number(this.slider.value) + 1;
      this.#look();
      if (this.#step === null) this.#playOrStop();
    }, 1000 / FRAMES_PER_SECOND);
  }
}

/** The newest picture there is; a finished one in full. */
function newestOf(job) {
  if (job.state === "done" || job.state === "cancelled") return job.picture ? api.picture(job.id) + `?${job.step}` : "";
  return job.picture ?? "";
}
