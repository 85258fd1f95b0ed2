// Small pushes ("warmer"): settings that count besides those that a picture has.

import { h } from "./dom.js";

/**
 * Settings with a nudge. A loss that both name counts as the nudge says; other losses stay.
 * @param {object} settings of a picture
 * @param {{settings: object}} nudge of /api/options
 */
export function nudged(settings, nudge) {
  const losses = (text) => String(text ?? "").split(",").map((part) => part.trim()).filter(Boolean);
  const pushed = losses(nudge.settings.custom_loss);
  const names = new Set(pushed.map(nameOf));
  const kept = losses(settings.custom_loss).filter((loss) => !names.has(nameOf(loss)));
  const together = [...kept, ...pushed].join(",");
  return { ...settings, ...nudge.settings, ...(together && { custom_loss: together }) };
}

/** A row of buttons, one for each nudge. */
export function nudgeButtons(nudges, label, onNudge) {
  const buttons = nudges.map((nudge) => h("button.chip", { type: "button", on: { click: () => onNudge(nudge) } }, nudge.name));
  return h("div.chips.nudges", { role: "group", "aria-label": label }, h("span.quiet", { "aria-hidden": "true" }, label), ...buttons);
}

function nameOf(loss) {
  return loss.split(":")[0];
}
