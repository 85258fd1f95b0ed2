// Finished runs, newest first, with a search over their words, and a choice of several to compare or to download.

import { api } from "./api.js";
import { h, keyed, setText, show } from "./dom.js";
import { isCrisp, named, title } from "./format.js";
import { attempt } from "./toast.js";

const TYPING = 250;
const PAGE = 50;

export class Gallery {
  #cards = new Map();
  #typing = 0;

  /** @param {import("./store.js").Store} store; @param {{onSelect: (id) => void, onCompare: (jobs) => void}} listeners */
  constructor(store, { onSelect, onCompare }) {
    Object.assign(this, { store, onSelect });
    this.chosen = new Set();
    this.search = h("input", { type: "search", placeholder: "search by words", "aria-label": "Search the gallery by words", on: { input: () => this.#typed() } });
    this.compare = h("button", { type: "button", on: { click: () => onCompare(this.#chosenJobs()) } }, "Compare");
    this.download = h("a.button", { download: "" }, "↓ Download");
    this.cards = h("ul.cards");
    this.nothing = h("p.quiet", {}, "No picture with these words.");
    this.older = h("button", { type: "button", on: { click: () => attempt(() => this.#older()) } }, "Older pictures");
    this.element = h(
      "section",
      { "aria-labelledby": "gallery-title" },
      h("div.bar", {}, h("h2", { id: "gallery-title" }, "Gallery"), this.search, this.compare, this.download),
      this.cards,
      this.nothing,
      this.older,
    );
    store.addEventListener("change", ({ detail }) => detail.kind === "step" || detail.kind === "picture" || this.update());
    this.update();
  }

  /** Choose a picture for the next comparison. */
  choose(id) {
    this.chosen.add(id);
    this.update();
  }

  update() {
    const all = this.store.finished();
    const text = this.search.value.trim().toLowerCase();
    const jobs = all.filter((job) => title(job).toLowerCase().includes(text));
    for (const id of this.chosen) if (!this.store.jobs.has(id)) this.chosen.delete(id);
    show(this.element, all.length > 0);
    show(this.nothing, jobs.length === 0);
    show(this.older, all.length >= PAGE && !this.complete);
    keyed(this.cards, jobs, ({ id }) => id, (job) => this.#card(job), this.#cards);
    const ids = this.chosen.size ? [...this.chosen] : jobs.filter(({ picture }) => picture).map(({ id }) => id);
    show(this.compare, this.chosen.size >= 2);
    setText(this.compare, `Compare ${this.chosen.size}`);
    show(this.download, ids.length > 0);
    setText(this.download, this.chosen.size ? `↓ Download ${ids.length}` : "↓ Download all");
    this.download.href = api.archive(ids);
  }

  #card({ id }) {
    const image = h("img", { alt: "", loading: "lazy" });
    const words = h("span.title");
    const open = h("button.open", { type: "button", on: { click: () => this.onSelect(id) } }, image, words);
    const box = h("input", { type: "checkbox", on: { input: () => this.#pick(id, box.checked) } });
    const element = h("li.card", {}, open, box);
    const update = (job) => {
      const address = job.picture ?? "";
      setText(words, job.state === "failed" ? `failed: ${title(job)}` : named(job));
      box.setAttribute("aria-label", `Choose “${title(job)}” to compare or download`);
      box.checked = this.chosen.has(id);
      element.classList.toggle("selected", id === this.store.selected);
      open.setAttribute("aria-current", String(id === this.store.selected));
      image.classList.toggle("crisp", isCrisp(job));
      if (address && image.getAttribute("src") !== address) image.src = address;
      show(image, Boolean(address));
    };
    return { element, update };
  }

  #pick(id, on) {
    if (on) this.chosen.add(id);
    else this.chosen.delete(id);
    this.update();
  }

  #chosenJobs() {
    return [...this.chosen].map((id) => this.store.jobs.get(id)).filter((job) => job?.picture);
  }

  #typed() {
    this.update();
    clearTimeout(this.#typing);
    const query = this.search.value.trim();
    if (query) this.#typing = setTimeout(() => attempt(async () => this.store.add(await api.jobs({ query }))), TYPING);
  }

  async #older() {
    const last = this.store.finished().at(-1);
    const jobs = await api.jobs({ before: last.id, limit: PAGE });
    this.complete = !jobs.some(({ id }) => !this.store.jobs.has(id));
    this.store.add(jobs);
  }
}
