// What the page knows about jobs. The server's word is the truth; this is the copy that is shown.

export const ACTIVE = new Set(["queued", "running", "paused"]);

/**
 * Jobs by id, and the loss of each step that was seen. Tells "change" with the id of what changed, or null for all, and
 * "gap" when events may have been missed.
 */
export class Store extends EventTarget {
  jobs = new Map();
  curves = new Map();
  selected = null;

  /** Take over a list from the server. Finished jobs that were loaded earlier stay, unless the list is complete. */
  replace(jobs, complete) {
    if (complete) this.jobs.clear();
    for (const [id, job] of this.jobs) if (ACTIVE.has(job.state)) this.jobs.delete(id);
    for (const job of jobs) this.jobs.set(job.id, { ...this.jobs.get(job.id), ...job });
    this.dispatchEvent(new Event("gap"));
    this.tell(null);
  }

  /** Add jobs, such as an older page of the gallery. */
  add(jobs) {
    for (const job of jobs) this.jobs.set(job.id, { ...this.jobs.get(job.id), ...job });
    this.tell(null);
  }

  /** One event of the server. */
  take(kind, data) {
    if (kind === "removed") this.jobs.delete(data.id);
    else if (kind === "job") this.jobs.set(data.id, { ...this.jobs.get(data.id), ...data });
    else if (kind === "step") this.takeStep(data);
    else if (kind === "picture") this.takePicture(data);
    else if (kind === "order") this.takeOrder(data);
    this.tell(data.id ?? null, kind);
  }

  takeStep({ id, ...facts }) {
    const job = this.jobs.get(id);
    if (job) this.jobs.set(id, { ...job, ...facts });
    this.remember(id, facts.step, totalOf(facts.losses));
  }

  takeOrder({ ids }) {
    ids.forEach((id, place) => {
      const job = this.jobs.get(id);
      if (job) this.jobs.set(id, { ...job, position: place + 1 });
    });
  }

  takePicture({ id, step, url }) {
    const job = this.jobs.get(id);
    if (!job) return;
    const pictures = job.pictures?.includes(step) ? job.pictures : [...(job.pictures ?? []), step].sort((a, b) => a - b);
    this.jobs.set(id, { ...job, pictures, picture: url });
  }

  /** Remember the loss of a step. A step that comes again (after an undo) counts as it came last. */
  remember(id, step, loss) {
    if (!Number.isFinite(loss)) return;
    if (!this.curves.has(id)) this.curves.set(id, new Map());
    const curve = this.curves.get(id);
    for (const later of [...curve.keys()].reverse()) {
      if (later <= step) break;
      curve.delete(later);
    }
    curve.set(step, loss);
  }

  /** The whole curve, as the server kept it, below what was seen since. */
  rememberAll(id, { steps, losses }) {
    const total = losses.total ?? sums(losses);
    const points = [...steps.map((step, place) => [step, total[place]]), ...(this.curves.get(id) ?? [])];
    this.curves.set(id, new Map(points.sort((a, b) => a[0] - b[0])));
    this.tell(id, "step");
  }

  select(id) {
    this.selected = id;
    this.tell(null);
  }

  get current() {
    return this.jobs.get(this.selected) ?? null;
  }

  /** Running first, then the queue in its order. */
  active() {
    const place = (job) => (job.state === "running" ? -1 : (job.position ?? 0));
    return [...this.jobs.values()].filter((job) => ACTIVE.has(job.state)).sort((a, b) => place(a) - place(b));
  }

  /** Newest first. */
  finished() {
    const done = [...this.jobs.values()].filter((job) => !ACTIVE.has(job.state));
    return done.sort((a, b) => String(b.completed ?? "").localeCompare(String(a.completed ?? "")));
  }

  tell(id, kind = "job") {
    this.dispatchEvent(new CustomEvent("change", { detail: { id, kind } }));
  }
}

function totalOf(losses) {
  if (!losses) return NaN;
  return losses.total ?? Object.values(losses).reduce((sum, value) => sum + value, 0);
}

function sums(losses) {
  const columns = Object.values(losses);
  return (columns[0] ?? []).map((_, place) => columns.reduce((sum, column) => sum + column[place], 0));
}
