// Elements without a framework: `h` makes them, `keyed` keeps lists of them in step with data.

/**
 * An element with properties, listeners and children.
 * @param {string} tag name of the element, with classes behind dots: "button.quiet"
 * @param {object} props properties and attributes; `on` holds listeners by event; null and false are left out
 * @param {...(Node|string|null)} children
 */
export function h(tag, props = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name);
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(props)) {
    if (key === "on") for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    else if (key in element && !key.startsWith("aria") && key !== "list" && key !== "role") element[key] = value;
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/**
 * Make the children of a parent follow a list. Elements whose key stays are kept, and so is the focus in them.
 * @param {Element} parent
 * @param {Array} items
 * @param {(item) => string} keyOf
 * @param {(item) => {element: Element, update: (item) => void}} create
 * @param {Map} kept where the parts are remembered between calls
 */
export function keyed(parent, items, keyOf, create, kept) {
  const keys = new Set(items.map(keyOf));
  for (const [key, part] of kept) {
    if (keys.has(key)) continue;
    if (part.element.contains(document.activeElement)) focusBeside(part.element);
    part.element.remove();
    kept.delete(key);
  }
  items.forEach((item, place) => {
    const key = keyOf(item);
    if (!kept.has(key)) kept.set(key, create(item));
    const part = kept.get(key);
    part.update(item);
    if (parent.children[place] !== part.element) moveTo(parent, part.element, parent.children[place] ?? null);
  });
}

/** Insert an element; the focus inside it stays where it is. */
function moveTo(parent, element, before) {
  const focused = element.contains(document.activeElement) ? document.activeElement : null;
  parent.insertBefore(element, before);
  if (focused && document.activeElement !== focused) focused.focus({ preventScroll: true });
}

/** Where the focus goes when its element leaves: to the same kind of thing next to it, so that the keyboard goes on. */
function focusBeside(element) {
  const beside = element.nextElementSibling ?? element.previousElementSibling;
  (beside?.querySelector("button, a, input") ?? document.querySelector("#stage"))?.focus({ preventScroll: true });
}

/** Show or hide without moving the focus into nothing. */
export function show(element, shown) {
  if (!shown && element.contains(document.activeElement)) document.querySelector("#stage")?.focus({ preventScroll: true });
  element.hidden = !shown;
}

/** Set text only where it differs, so that screen readers are told nothing twice. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
