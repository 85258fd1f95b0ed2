// What paints and what waits, in order, with the buttons that change the order.

import { api } from "./api.js";
import { h, keyed, setText, show } from "./dom.js";
import { isCrisp, progress, title } from "./format.js";
import { icon } from "./icons.js";
import { attempt } from "./toast.js";

export class Queue {
  #rows = new Map();

  /** @param {import("./store.js").Store} store; @param {(id: string) => void} onSelect */
  constructor(store, onSelect) {
    this.store = store;
    this.onSelect = onSelect;
    this.list = h("ol.queue");
    this.element = h("section", { "aria-labelledby": "queue-title" }, h("h2", { id: "queue-title" }, "Queue"), this.list);
    store.addEventListener("change", () => this.update());
    this.update();
  }

  update() {
    const jobs = this.store.active();
    show(this.element, jobs.length > 0);
    keyed(this.list, jobs, ({ id }) => id, (job) => this.#row(job), this.#rows);
  }

  #row({ id }) {
    const image = h("img.small", { alt: "" });
    const words = h("span.title");
    const state = h("span.quiet");
    const select = h("button.entry", { type: "button", on: { click: () => this.onSelect(id) } }, image, h("span", {}, words, state));
    const act = (sign, name, work) => h("button.bare", { type: "button", on: { click: () => attempt(work) } }, icon(sign), h("span.unseen", {}, name));
    const up = act("up", "Earlier", () => this.#move(id, -1));
    const down = act("down", "Later", () => this.#move(id, 1));
    const pause = act("pause", "Pause", () => api.order(id, "pause"));
    const resume = act("play", "Resume", () => api.order(id, "resume"));
    const cancel = act("close", "Stop", () => api.order(id, "cancel"));
    const element = h("li", {}, select, h("span.buttons", {}, up, down, pause, resume, cancel));
    const update = (job) => {
      const waiting = this.store.active().filter(({ state: other }) => other === "queued");
      setText(words, title(job));
      setText(state, progress(job));
      element.classList.toggle("selected", id === this.store.selected);
      select.setAttribute("aria-current", String(id === this.store.selected));
      image.classList.toggle("crisp", isCrisp(job));
      if (job.picture && image.getAttribute("src") !== job.picture) image.src = job.picture;
      show(image, Boolean(job.picture));
      show(up, job.state === "queued" && waiting.indexOf(job) > 0);
      show(down, job.state === "queued" && waiting.indexOf(job) < waiting.length - 1);
      show(pause, job.state === "running" && !job.wish);
      show(resume, job.state === "paused");
    };
    return { element, update };
  }

  /** One place earlier or later among those that wait. */
  #move(id, by) {
    const waiting = this.store.active().filter(({ state }) => state === "queued");
    const place = waiting.findIndex((job) => job.id === id);
    const before = by < 0 ? waiting[place - 1] : waiting[place + 2];
    return api.order(id, "move", { before: before?.id ?? null });
  }
}
