// What this browser remembers between visits. Browsers that forbid it remember nothing, and the page works all the same.

/** @param {string} key; @returns {string|null} */
export function kept(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** @param {string} key; @param {string} text */
export function keep(key, text) {
  try {
    localStorage.setItem(key, text);
  } catch {
    return; // forbidden, or full
  }
}
