// Light, dark, or as the system says.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { keep, kept } from "./keep.js";

const KEY = "pixray-theme";
const NEXT = { auto: "light", light: "dark", dark: "auto" };
const ICONS = { auto: "half", light: "sun", dark: "moon" };

/** A button that goes round the three. */
export function themeButton() {
  const button = h("button.bare", { type: "button" });
  const apply = (theme) => {
    document.documentElement.dataset.theme = theme;
    button.replaceChildren(icon(ICONS[theme]));
    button.setAttribute("aria-label", `Colours: ${theme}. Change to ${NEXT[theme]}`);
    button.title = `Colours: ${theme}`;
  };
  button.addEventListener("click", () => {
    const theme = NEXT[document.documentElement.dataset.theme] ?? "auto";
    keep(KEY, theme);
    apply(theme);
  });
  const chosen = kept(KEY);
  apply(chosen in ICONS ? chosen : "auto");
  return button;
}
