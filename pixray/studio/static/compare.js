// Pictures side by side: two under one slider, more as a sheet.

import { api } from "./api.js";
import { h } from "./dom.js";
import { isCrisp, title } from "./format.js";

/** @param {Array} jobs two or more that have pictures */
export function compare(jobs) {
  const dialog = document.querySelector("#compare");
  const content = jobs.length === 2 ? slider(...jobs) : sheet(jobs);
  const close = h("button", { type: "button", on: { click: () => dialog.close() } }, "Close");
  dialog.replaceChildren(h("div.bar", {}, h("h2", { id: "compare-title" }, "Compare"), close), content);
  dialog.showModal();
}

function slider(left, right) {
  const upper = picture(left);
  const range = h("input", { type: "range", min: 0, max: 100, value: 50, "aria-label": "How much of the first picture is seen" });
  const box = h("div.slider", {}, picture(right), h("div.upper", {}, upper), h("span.edge"), range);
  const move = () => box.style.setProperty("--seen", `${range.value}%`);
  const [width, height] = left.size ?? [1, 1];
  box.style.setProperty("--shape", width / height);
  range.addEventListener("input", move);
  move();
  return h("div.two", {}, box, h("div.captions", {}, caption(left), caption(right)));
}

function sheet(jobs) {
  return h("ul.sheet", {}, ...jobs.map((job) => h("li", {}, picture(job), caption(job))));
}

function picture(job) {
  return h(`img${isCrisp(job) ? ".crisp" : ""}`, { src: api.picture(job.id), alt: title(job) });
}

function caption(job) {
  return h("p", {}, title(job), h("span.quiet", {}, ` ${job.drawer?.replaceAll("_", " ")} · seed ${job.seed}`));
}
