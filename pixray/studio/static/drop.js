// Files dropped anywhere on the page: a picture of pixray gives back its settings, any other one is painted on from.

import { api } from "./api.js";
import { h } from "./dom.js";
import { toast } from "./toast.js";

/** @param {object} composer the form */
export function acceptDrops(composer) {
  const veil = h("div.veil", { hidden: true, "aria-hidden": "true" }, h("p", {}, "Drop it: pixray pictures give back their settings, others become the start picture"));
  document.body.append(veil);
  let depth = 0;
  const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");
  addEventListener("dragenter", (event) => {
    if (!holdsFiles(event)) return;
    depth += 1;
    veil.hidden = false;
  });
  addEventListener("dragleave", () => {
    depth = Math.max(0, depth - 1);
    veil.hidden = depth === 0;
  });
  addEventListener("dragover", (event) => holdsFiles(event) && event.preventDefault());
  addEventListener("drop", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    depth = 0;
    veil.hidden = true;
    const [file] = event.dataTransfer.files;
    if (!file) return;
    if (event.target.closest?.(".field.start")) composer.start.take(file);
    else take(file, composer);
  });
  addEventListener("paste", (event) => {
    const [file] = event.clipboardData?.files ?? [];
    if (file) take(file, composer);
  });
}

async function take(file, composer) {
  try {
    const restored = await api.restore(file);
    composer.restore(restored);
    const lost = composer.unknown(restored.settings);
    const rest = lost.length ? ` Not in this form: ${lost.join(", ")}.` : "";
    toast(["Its settings are in the form, marked with a dot." + rest, ...restored.notices].join(" "));
    composer.focus();
  } catch (error) {
    if (file.type.startsWith("image/") && error.status === 422 && (await composer.start.take(file)))
      toast("No settings of pixray are in this picture: painting starts from it.");
    else toast(error.message, "mistake");
  }
}
