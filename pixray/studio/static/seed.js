// The seed: empty for another one each time, or locked, so that only what was changed changes the picture.

import { h } from "./dom.js";
import { icon } from "./icons.js";

const MOST = 2 ** 31 - 1;

export class Seed {
  /** @param {() => void} onChange */
  constructor(onChange) {
    this.input = h("input", { id: "seed", type: "text", placeholder: "random", autocomplete: "off", "aria-label": "Seed" });
    this.lock = h("button.bare.lock", { type: "button", on: { click: () => this.#lock(!this.locked) } });
    const dice = h("button.bare", { type: "button", "aria-label": "Throw the dice for a seed", title: "throw the dice", on: { click: () => this.#throw() } }, icon("dice"));
    this.input.addEventListener("input", () => {
      this.#lock(this.input.value.trim() !== "");
    });
    this.onChange = onChange;
    this.element = h("div.field.seed", {}, h("label", { htmlFor: "seed" }, "seed"), h("span.joined", {}, this.input, dice, this.lock));
    this.#lock(false);
  }

  get locked() {
    return this.lock.getAttribute("aria-pressed") === "true";
  }

  read() {
    const text = this.input.value.trim();
    if (!this.locked || text === "") return undefined;
    return /^\d+$/.test(text) && Number(text) <= Number.MAX_SAFE_INTEGER ? Number(text) : text;
  }

  write(value) {
    this.input.value = value ?? "";
    this.#lock(value !== undefined && value !== null && value !== "");
  }

  #throw() {
    this.write(Math.floor(Math.random() * MOST));
  }

  #lock(locked) {
    this.lock.setAttribute("aria-pressed", String(locked));
    this.lock.replaceChildren(icon(locked ? "locked" : "open"));
    this.lock.setAttribute("aria-label", "Keep this seed");
    this.lock.title = locked ? "every picture gets this seed" : "every picture gets another seed";
    this.element?.classList.toggle("locked", locked);
    this.onChange?.();
  }
}
