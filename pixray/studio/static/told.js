// What was changed while a picture painted, in plain words.

import { words } from "./format.js";

/**
 * @param {object} changes settings by name; null: as before
 * @param {{nudges: Array, palettes: Array}} options of /api/options
 */
export function toldAs(changes, { nudges, palettes }) {
  const rest = { ...changes };
  const parts = [];
  const nudge = nudges.find(({ settings }) => rest.palette && settings.palette === rest.palette && !rest.filters);
  if (nudge) {
    parts.push(`${nudge.name} colours`);
    delete rest.palette;
    delete rest.custom_loss;
  }
  if ("prompts" in rest) parts.push(`towards “${listed(rest.prompts)}”`);
  if (rest.palette) parts.push(`in the colours ${palettes.find(({ text }) => text === rest.palette)?.name ?? rest.palette}`);
  if (rest.palette === null) parts.push("in any colours");
  for (const [name, value] of Object.entries(rest))
    if (!["prompts", "palette", "filters"].includes(name)) parts.push(value === null ? `${words(name)} as before` : `${words(name)} ${listed(value)}`);
  if ("filters" in rest && !("palette" in rest)) parts.push(`filters ${rest.filters ?? "none"}`);
  return parts.join(", ") || "no change";
}

function listed(value) {
  return Array.isArray(value) ? value.join(" | ") : String(value);
}
