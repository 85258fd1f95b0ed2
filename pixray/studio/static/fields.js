// One control for one declared setting, of the kind that its type asks for.

import { h } from "./dom.js";
import { words } from "./format.js";

const AUTOMATIC = "automatic";
let count = 0;

/**
 * @typedef {object} Field
 * @property {HTMLElement} element label and control
 * @property {() => any} read the value, or undefined while nothing is chosen
 * @property {(value: any) => void} write undefined: nothing chosen
 * @property {(value: any) => void} hint say what counts while nothing is chosen; undefined: what always does
 * @property {(on: boolean) => void} mark show that a dropped picture brought the value
 * @property {(words: string|null) => void} settle another setting decides, as the words say: nothing can be chosen
 */

/**
 * @param {object} setting a row of /api/options
 * @param {{owner?: string, onChange: () => void}} context `owner`: the part on whose page it stands
 * @returns {Field}
 */
export function field(setting, { owner = "", onChange }) {
  const id = `setting-${setting.name}-${(count += 1)}`;
  const control = controlOf(setting, id);
  const help = h("span.help", { id: `${id}-help` }, `${setting.help}: ${setting.expects}`);
  const label = h("label", { htmlFor: id, title: `${setting.name}: ${setting.help}` }, words(setting.name, owner));
  const reason = h("span.quiet.reason", { hidden: true });
  const element = h(`div.field.${setting.type}`, { "data-setting": setting.name }, label, control.element, reason, help);
  for (const input of control.inputs) {
    input.setAttribute("aria-describedby", help.id);
    input.addEventListener("input", onChange);
  }
  let settled = false;
  const settle = (reasons) => {
    settled = reasons !== null;
    reason.textContent = reasons ?? "";
    reason.hidden = !settled;
    control.element.hidden = settled;
    for (const input of control.inputs) input.disabled = settled;
  };
  const read = () => (settled ? undefined : control.read());
  const mark = (on) => element.classList.toggle("restored", on);
  return { element, read, write: control.write, hint: control.hint ?? (() => {}), mark, settle };
}

/** A part of the form with fields by name: what a picture brought is marked, and what it used besides is hinted at. */
export function showOrigin(fields, brought, used) {
  for (const [name, { hint, mark }] of fields) {
    mark(name in brought);
    hint(used[name]);
  }
}

function controlOf(setting, id) {
  if (setting.type === "boolean") return checkbox(setting, id);
  if (setting.choices) return select(setting, id);
  if (setting.count > 1 && setting.count < 3) return several(setting, id);
  if (setting.count === 0 && (setting.type === "integer" || setting.type === "number")) return number(setting, id);
  return text(setting, id);
}

function checkbox(setting, id) {
  const input = h("input", { id, type: "checkbox", checked: isYes(setting.default) });
  const initial = isYes(setting.default);
  return {
    element: input,
    inputs: [input],
    read: () => (input.checked === initial ? undefined : input.checked),
    write: (value) => (input.checked = value === undefined ? initial : isYes(value)),
  };
}

function select(setting, id) {
  const unset = setting.choices.includes(setting.default) ? null : h("option", { value: "" }, AUTOMATIC);
  const choices = setting.choices.map((choice) => h("option", { value: choice }, words(choice)));
  const input = h("select", { id }, unset, ...choices);
  const initial = setting.choices.includes(setting.default) ? setting.default : "";
  input.value = initial;
  return {
    element: input,
    inputs: [input],
    read: () => (input.value === initial ? undefined : input.value),
    write: (value) => (input.value = value === undefined ? initial : String(value)),
    hint: (value) => unset && (unset.textContent = value === undefined ? AUTOMATIC : words(String(value))),
  };
}

function number(setting, id) {
  const input = numberInput(setting, setting.default);
  input.id = id;
  return {
    element: withUnit(input, setting.unit),
    inputs: [input],
    read: () => (input.value === "" ? undefined : Number(input.value)),
    write: (value) => (input.value = value ?? ""),
    hint: (value) => (input.placeholder = value ?? setting.default ?? "auto"),
  };
}

/** Two numbers, such as width and height. */
function several(setting, id) {
  const initial = Array.isArray(setting.default) ? setting.default : [];
  const inputs = Array.from({ length: setting.count }, (_, place) => numberInput(setting, initial[place]));
  inputs[0].id = id;
  inputs.forEach((input, place) => place && input.setAttribute("aria-label", `${words(setting.name)}, number ${place + 1}`));
  const between = inputs.flatMap((input, place) => (place ? [h("span", { "aria-hidden": "true" }, "×"), input] : [input]));
  return {
    element: withUnit(h("span.several", {}, ...between), setting.unit),
    inputs,
    read: () => (inputs.every((input) => input.value !== "") ? inputs.map((input) => Number(input.value)) : undefined),
    write: (value) => inputs.forEach((input, place) => (input.value = value?.[place] ?? "")),
    hint: (value) => inputs.forEach((input, place) => (input.placeholder = value?.[place] ?? initial[place] ?? "auto")),
  };
}

function numberInput({ type, minimum, maximum }, initial) {
  return h("input", {
    type: "number",
    inputMode: type === "integer" ? "numeric" : "decimal",
    step: type === "integer" ? 1 : "any",
    min: minimum ?? "",
    max: maximum ?? "",
    placeholder: initial ?? "auto",
  });
}

function text(setting, id) {
  const separator = setting.type === "texts" ? " | " : " ";
  const shown = (value) => (Array.isArray(value) ? value.join(separator) : (value ?? ""));
  const input = h("input", { id, type: "text", placeholder: shown(setting.default) || "none", autocomplete: "off", spellcheck: false });
  return {
    element: input,
    inputs: [input],
    read: () => (input.value.trim() === "" ? undefined : input.value.trim()),
    write: (value) => (input.value = shown(value)),
    hint: (value) => (input.placeholder = shown(value ?? setting.default) || "none"),
  };
}

function withUnit(element, unit) {
  return unit ? h("span.unit", {}, element, h("span", { "aria-hidden": "true" }, unit)) : element;
}

function isYes(value) {
  return value === true || value === "yes" || value === "true";
}
