// Small pushes ("warmer"): settings that count besides those that a picture has.

import { h } from "./dom.js";
import { withParts } from "./parts.js";

/**
 * Settings with a nudge. A loss that both name counts as the nudge says; other losses stay.
 * @param {object} settings of a picture
 * @param {{settings: object}} nudge of /api/options
 */
export function nudged(settings, nudge) {
  const losses = withParts(settings.custom_loss, nudge.settings.custom_loss);
  return { ...settings, ...nudge.settings, ...(losses && { custom_loss: losses }) };
}

/** A row of buttons, one for each nudge. */
export function nudgeButtons(nudges, label, onNudge) {
  const buttons = nudges.map((nudge) => h("button.chip", { type: "button", on: { click: () => onNudge(nudge) } }, nudge.name));
  return h("div.chips.nudges", { role: "group", "aria-label": label }, h("span.quiet", { "aria-hidden": "true" }, label), ...buttons);
}
