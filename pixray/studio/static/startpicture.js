// The picture that painting starts from: dropped, chosen from a folder, or taken from a finished run.

import { api } from "./api.js";
import { h, show } from "./dom.js";
import { icon } from "./icons.js";
import { attempt } from "./toast.js";

export class StartPicture {
  #upload = null;

  /** @param {() => void} onChange */
  constructor(onChange) {
    this.onChange = onChange;
    const file = h("input.seen-by-keyboard", { type: "file", accept: "image/*", "aria-label": "Picture to start from", on: { change: () => this.#chosen(file) } });
    this.image = h("img", { alt: "The start picture" });
    const remove = h("button.bare", { type: "button", "aria-label": "Start without a picture", on: { click: () => this.write(null) } }, icon("close"));
    this.shown = h("span.thumb", {}, this.image, remove);
    this.element = h(
      "div.field.start",
      {},
      h("label.dropzone", { title: "paint on from a picture" }, file, (this.words = h("span", {}, "start picture: drop or choose one"))),
      this.shown,
    );
    this.write(null);
  }

  /** The id of the upload, or null. */
  read() {
    return this.#upload;
  }

  write(upload) {
    this.#upload = upload;
    show(this.shown, upload !== null);
    this.words.hidden = upload !== null;
    if (upload !== null) this.image.src = `/api/uploads/${encodeURIComponent(upload)}`;
    this.onChange();
  }

  /** Upload a picture and start from it. */
  async take(blob) {
    const answer = await attempt(() => api.upload(blob));
    if (answer) this.write(answer.id);
    return Boolean(answer);
  }

  async #chosen(file) {
    if (file.files[0]) await this.take(file.files[0]);
    file.value = "";
  }
}
