// Values in the words of the page.

export const STATES = {
  queued: "waiting",
  running: "painting",
  paused: "paused",
  done: "finished",
  failed: "failed",
  cancelled: "stopped",
};

/** "8 s", "2 min", "1 h 05 min" */
export function duration(seconds) {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

const WISHES = { cancel: "stopping after this step …", pause: "pausing after this step …", undo: "going back …" };

/** What a job is at, in a few words. */
export function progress(job) {
  if (job.state === "running" && job.wish in WISHES) return WISHES[job.wish];
  if (job.state === "queued") return job.position ? `waiting, number ${job.position}` : "waiting";
  if (job.state === "running") {
    if (!job.step) return "getting ready …";
    const left = Number.isFinite(job.seconds_left) ? ` · about ${duration(job.seconds_left)} left` : "";
    return `step ${job.step} of ${job.steps}${left}`;
  }
  if (job.state === "paused") return `paused at step ${job.step} of ${job.steps}`;
  if (job.state === "done") return `finished in ${duration(job.seconds ?? 0)}`;
  if (job.state === "cancelled") return job.step ? `stopped at step ${job.step}` : "stopped";
  return STATES[job.state] ?? job.state;
}

/** A name of a part or setting as words; a drawer's own prefix says nothing on its own page. */
export function words(name, owner = "") {
  const short = owner && name.startsWith(`${owner}_`) ? name.slice(owner.length + 1) : name;
  return short.replaceAll("_", " ");
}

/** A value as a sentence has it: "32 × 32". */
export function shownValue(value) {
  return String(value).replace(/(\d)x(?=\d)/g, "$1 × ");
}

/** What a picture is called where it cannot be seen. */
export function title(job) {
  return job.prompts || "a picture without words";
}

/** The same with what was done to it: "a boat, warmer". */
export function named(job) {
  return job.push ? `${title(job)}, ${job.push}` : title(job);
}

export function bytes(count) {
  if (!Number.isFinite(count)) return "";
  if (count < 1000) return `${count} B`;
  return count < 1e6 ? `${Math.round(count / 1000)} kB` : `${(count / 1e6).toFixed(1)} MB`;
}

/** Whether a picture is shown with hard pixels. */
export function isCrisp(job) {
  return job.drawer === "pixel" || Math.max(...(job.size ?? [999])) <= 64;
}
