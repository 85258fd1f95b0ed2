// The stream of events, kept open. After every gap the list of jobs is asked for anew, so that nothing can be missed.

import { api } from "./api.js";

const KINDS = ["job", "step", "picture", "order", "removed"];
const FIRST_WAIT = 1000;
const LONGEST_WAIT = 15000;
/** A hidden tab gives its connection back: browsers keep only six to one server, over all tabs. */
const HIDDEN_FOR = 60000;

export class Live {
  #source = null;
  #held = null;
  #wait = FIRST_WAIT;
  #retry = 0;
  #sleep = 0;

  /**
   * @param {import("./store.js").Store} store
   * @param {(connected: boolean) => void} onLink told when the connection comes and goes
   */
  constructor(store, onLink) {
    this.store = store;
    this.onLink = onLink;
    addEventListener("online", () => this.open());
    addEventListener("offline", () => this.#lost());
    addEventListener("pageshow", (event) => event.persisted && this.open());
    document.addEventListener("visibilitychange", () => this.#visibility());
  }

  /** Connect, or connect anew. */
  open() {
    clearTimeout(this.#retry);
    this.#source?.close();
    const source = new EventSource("/api/events");
    this.#source = source;
    source.onopen = () => this.#catchUp(source);
    source.onerror = () => {
      this.onLink(false);
      if (source.readyState === EventSource.CLOSED) this.#later();
    };
    for (const kind of KINDS) source.addEventListener(kind, (event) => this.#take(kind, JSON.parse(event.data)));
  }

  /** The list as it is now; events that come meanwhile are applied behind it, in their order. */
  async #catchUp(source) {
    this.#held = [];
    try {
      const jobs = await api.jobs();
      if (source !== this.#source) return;
      this.store.replace(jobs, true);
      this.#wait = FIRST_WAIT;
      this.onLink(true);
    } catch {
      if (source === this.#source) this.#later();
    } finally {
      if (source === this.#source) {
        const held = this.#held ?? [];
        this.#held = null;
        for (const [kind, data] of held) this.store.take(kind, data);
      }
    }
  }

  #take(kind, data) {
    if (this.#held) this.#held.push([kind, data]);
    else this.store.take(kind, data);
  }

  #lost() {
    this.onLink(false);
    this.#later();
  }

  #later() {
    clearTimeout(this.#retry);
    this.#source?.close();
    this.onLink(false);
    this.#retry = setTimeout(() => this.open(), this.#wait);
    this.#wait = Math.min(2 * this.#wait, LONGEST_WAIT);
  }

  #visibility() {
    clearTimeout(this.#sleep);
    if (document.hidden) {
      this.#sleep = setTimeout(() => {
        this.#source?.close();
        this.#source = null;
        clearTimeout(this.#retry);
      }, HIDDEN_FOR);
    } else if (this.#source === null) this.open();
  }
}
