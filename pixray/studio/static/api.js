// Requests to the server of this page. What goes wrong is an Error whose message is the server's own sentence.

const AWAY = "The server cannot be reached. What you typed is kept; try again in a moment.";

/**
 * Ask the server.
 * @param {string} path
 * @param {{method?: string, json?: any, body?: any}} request
 * @returns {Promise<any>} the answer's JSON, or null where there is none
 */
export async function ask(path, { method = "GET", json, body } = {}) {
  const headers = json === undefined ? {} : { "content-type": "application/json" };
  let answer;
  try {
    answer = await fetch(path, { method, headers, body: json === undefined ? body : JSON.stringify(json) });
  } catch {
    throw new Error(AWAY);
  }
  if (answer.status === 204) return null;
  const content = await answer.json().catch(() => null);
  if (!answer.ok) throw Object.assign(new Error(sentence(content, answer)), { status: answer.status });
  return content;
}

function sentence(content, answer) {
  const detail = content?.detail;
  if (Array.isArray(detail)) return detail.map((item) => item.msg ?? item).join("; ");
  return detail ?? `The server answered ${answer.status}.`;
}

const at = (id, rest = "") => `/api/jobs/${encodeURIComponent(id)}${rest}`;

export const api = {
  options: () => ask("/api/options"),
  jobs: (query = {}) => ask(`/api/jobs?${new URLSearchParams(query)}`).then((answer) => answer.jobs),
  job: (id) => ask(at(id)),
  paint: (settings, start, made = {}) => ask("/api/jobs", { method: "POST", json: { settings, start, ...made } }),
  order: (id, verb, json = {}) => ask(at(id, `/${verb}`), { method: "POST", json }),
  remove: (id) => ask(at(id), { method: "DELETE" }),
  curve: (id) => ask(at(id, "/curve")).catch(() => null),
  upload: (body) => ask("/api/uploads", { method: "POST", body }),
  restore: (body) => ask("/api/restore", { method: "POST", body }),
  file: (id, name) => at(id, `/files/${name.split("/").map(encodeURIComponent).join("/")}`),
  picture: (id) => at(id, "/picture"),
  preview: (id, step) => at(id, `/pictures/${step}.webp`),
  archive: (ids) => `/api/archive.zip?${ids.map((id) => `id=${encodeURIComponent(id)}`).join("&")}`,
};
