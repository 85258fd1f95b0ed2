// Small drawings for buttons, in the colour of their text: emoji look different everywhere, and lack on some machines.

const SVG = "http://www.w3.org/2000/svg";
const PATHS = {
  close: "M4 4l8 8M12 4l-8 8",
  up: "M8 13V3M4 7l4-4 4 4",
  down: "M8 3v10M4 9l4 4 4-4",
  play: "M5 3.5v9l7-4.5z",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  dice: "M3 3h10v10H3zM6 6v.01M10 6v.01M8 8v.01M6 10v.01M10 10v.01",
  locked: "M4 7.5h8v6H4zM5.5 7.5V5a2.5 2.5 0 015 0v2.5",
  open: "M4 7.5h8v6H4zM5.5 7.5V5a2.5 2.5 0 014.8-1",
  half: "M8 2.5a5.5 5.5 0 100 11zM8 2.5a5.5 5.5 0 010 11M8 5h3.7M8 8h5M8 11h3.7",
  sun: "M8 5.2a2.8 2.8 0 100 5.6 2.8 2.8 0 000-5.6M8 1.5v1.2M8 13.3v1.2M1.5 8h1.2M13.3 8h1.2M3.4 3.4l.8.8M11.8 11.8l.8.8M3.4 12.6l.8-.8M11.8 4.2l.8-.8",
  moon: "M12.8 9.6A5.3 5.3 0 016.4 3.2a5.3 5.3 0 106.4 6.4z",
};

/** A drawing by name, hidden from screen readers: its button has a name of its own. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("icon");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
