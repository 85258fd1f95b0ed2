// Texts that name parts, such as "edge,symmetry:2": filters and losses in pixray's notation.

/** The parts of a text, each with its weight if it has one. */
export function partsOf(text) {
  return String(text ?? "").split(",").map((part) => part.trim()).filter(Boolean);
}

/** The name of a part, without its weight. */
export function nameOf(part) {
  return part.split(":")[0];
}

/** A text with further parts; those of the same name are replaced. */
export function withParts(text, further) {
  const names = new Set(partsOf(further).map(nameOf));
  return [...partsOf(text).filter((part) => !names.has(nameOf(part))), ...partsOf(further)].join(",");
}

/** A text without a part; null where none is left. */
export function withoutPart(text, name) {
  return partsOf(text).filter((part) => nameOf(part) !== name).join(",") || null;
}
