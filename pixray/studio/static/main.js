// Puts the page together: what each part shows is its own matter.

import { Actions } from "./actions.js";
import { api } from "./api.js";
import { compare } from "./compare.js";
import { Composer } from "./composer.js";
import { setText, show } from "./dom.js";
import { acceptDrops } from "./drop.js";
import { Gallery } from "./gallery.js";
import { Live } from "./live.js";
import { Queue } from "./queue.js";
import { Stage } from "./stage.js";
import { Steering } from "./steering.js";
import { Store } from "./store.js";
import { themeButton } from "./theme.js";
import { attempt, toast } from "./toast.js";

const store = new Store();
const put = (id, ...elements) => document.querySelector(id).append(...elements);

function select(id) {
  store.select(id);
  const address = id ? `#${encodeURIComponent(id)}` : " ";
  if (location.hash !== address.trim()) history.replaceState(null, "", address);
}

function painted(job) {
  store.take("job", job);
  open(job.id);
}

/** Choose a picture, and bring it into view where its top is far from the eye. */
function open(id) {
  select(id);
  const stage = document.querySelector("#stage");
  const { top } = stage.getBoundingClientRect();
  if (top < 0 || top > innerHeight / 2) stage.scrollIntoView({ block: "start" });
}

/** What to show when nothing was chosen: what paints, or else what was finished last. */
function selectSomething() {
  const asked = decodeURIComponent(location.hash.slice(1));
  if (store.current) return;
  const id = store.jobs.has(asked) ? asked : (store.active()[0]?.id ?? store.finished()[0]?.id ?? null);
  if (id !== store.selected) select(id);
}

function linkChanged(connected) {
  const line = document.querySelector("#link");
  setText(line, connected ? "" : "No connection to the server. Painting goes on there; this page catches up by itself.");
  show(line, !connected);
  if (connected) selectSomething();
}

function titleFollows() {
  const running = store.active().find(({ state }) => state === "running");
  const share = running?.steps ? Math.floor((100 * (running.step ?? 0)) / running.steps) : null;
  const text = share === null ? "pixray studio" : `${share} % · pixray studio`;
  if (document.title !== text) document.title = text;
  show(document.querySelector("#hello"), store.jobs.size === 0);
}

async function begin() {
  const options = await attempt(() => api.options());
  if (!options) {
    setTimeout(begin, 3000);
    return;
  }
  const composer = new Composer(options, painted);
  const gallery = new Gallery(store, { onSelect: open, onCompare: compare });
  const onCompare = (job) => {
    gallery.choose(job.id);
    if (gallery.chosen.size > 1) compare([...gallery.chosen].map((id) => store.jobs.get(id)));
    else toast("Choose a second picture in the gallery, then “Compare”.");
  };
  const actions = new Actions({ composer, options, onPaint: painted, onCompare });
  const steering = new Steering(options);
  put("#composer", composer.element);
  put("#stage", new Stage(store, [actions, steering]).element);
  put("#side", steering.element, new Queue(store, open).element);
  put("#gallery", gallery.element);
  acceptDrops(composer);
  store.addEventListener("change", titleFollows);
  store.addEventListener("change", selectSomething);
  addEventListener("hashchange", () => select(decodeURIComponent(location.hash.slice(1)) || null));
  new Live(store, linkChanged).open();
  if (matchMedia("(pointer: fine)").matches) composer.focus();
}

put("#top", themeButton());
begin();
