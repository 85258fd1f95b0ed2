// Small pushes ("warmer"): settings that count besides those that a picture has, or another ink.

import { h } from "./dom.js";
import { withParts } from "./parts.js";

/** The setting for the ink of a drawing, its values that are no single ink, and the ink where nothing is said. */
const INK = "ink";
const SEVERAL = new Set(["free", "palette"]);
const AUTO = "auto";
const FIRST = "black";

/**
 * Settings with a nudge. A loss that both name counts as the nudge says; other losses stay.
 * @param {object} settings of a picture
 * @param {{settings: object}} nudge of /api/options
 */
export function nudged(settings, nudge) {
  const losses = withParts(settings.custom_loss, nudge.settings.custom_loss);
  return { ...settings, ...nudge.settings, ...(losses && { custom_loss: losses }) };
}

/** Whether a picture has few colours of its own, which a palette would replace instead of pushing them. */
export function hasOwnColours(settings) {
  return Boolean(settings.sprite || settings.colors);
}

/** Whether a drawer draws with inks. @param {{settings: Array}|undefined} drawer of /api/options */
export function drawsInInk(drawer) {
  return Boolean(drawer?.settings.some(({ name }) => name === INK));
}

/**
 * The one ink that a picture is drawn in, whatever its losses say; null where its colours are painted.
 * @param {{settings: Array}|undefined} drawer of /api/options
 * @param {object} settings of the picture
 */
export function inkOf(drawer, settings) {
  if (!drawsInInk(drawer)) return null;
  const ink = settings[INK] ?? AUTO;
  if (ink === AUTO) return settings.palette ? null : FIRST;
  return SEVERAL.has(ink) ? null : ink;
}

/** A row of buttons, one for each nudge. */
export function nudgeButtons(nudges, label, onNudge) {
  const buttons = nudges.map((nudge) => h("button.chip", { type: "button", on: { click: () => onNudge(nudge) } }, nudge.name));
  return h("div.chips.nudges", { role: "group", "aria-label": label }, h("span.quiet", { "aria-hidden": "true" }, label), ...buttons);
}
