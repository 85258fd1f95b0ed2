// Short messages that are also read aloud; they leave by themselves, mistakes later than the rest.

import { h } from "./dom.js";
import { icon } from "./icons.js";

const STAYS = { note: 6000, mistake: 14000 };

/**
 * @param {string} text
 * @param {"note"|"mistake"} kind
 */
export function toast(text, kind = "note") {
  const region = document.querySelector(kind === "mistake" ? "#mistakes" : "#notes");
  const message = h(`p.toast.${kind}`, {}, h("span", {}, text));
  message.append(h("button.bare", { type: "button", "aria-label": "Close this message", on: { click: () => message.remove() } }, icon("close")));
  region.append(message);
  setTimeout(() => message.remove(), STAYS[kind]);
}

/** Do something with the server; what goes wrong is said. */
export async function attempt(work) {
  try {
    return await work();
  } catch (error) {
    toast(error.message, "mistake");
    return undefined;
  }
}
