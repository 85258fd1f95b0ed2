"""What clients may do with jobs: cancel, pause, resume, move, steer, go back, go on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pixray.errors import PixrayError, SettingsError, shown
from pixray.recorders.timeline import add_change
from pixray.registry import Registry
from pixray.serve.job_errors import NotNow
from pixray.serve.jobs import Job, leave_of
from pixray.serve.queue import Queue
from pixray.serve.request import LONGEST_SETTINGS, is_small
from pixray.serve.run_folder import copy_run, go_back, remove_run
from pixray.settings.steering import check_request


def cancel(queue: Queue, name: str, why: str | None = None) -> Job:
    """End a job for good; the picture so far is kept.

    Raises:
        NoSuchJob, NotNow: it is over already.
    """
    with queue.lock:
        job = _unfinished(queue, name)
        if job.state == "running":
            job.ask("cancel", why)
        else:
            queue.leave_line(job)
            job.end("cancelled", why)
            queue.tell_order()
    queue.wake()
    return job


def pause(queue: Queue, name: str) -> Job:
    """Let a job wait until it is resumed.

    Raises:
        NoSuchJob, NotNow: it is over or paused already, or keeps no checkpoints.
    """
    with queue.lock:
        job = _unfinished(queue, name)
        if job.state == "paused":
            raise NotNow("the job is paused already")
        if not job.order.lasting:
            raise NotNow("this job keeps no checkpoints: it can only be cancelled")
        if job.state == "running":
            job.ask("pause")
        else:
            queue.leave_line(job)
            job.wait("paused")
            queue.tell_order()
    queue.wake()
    return job


def resume(queue: Queue, name: str) -> Job:
    """Let a paused job go on before all others.

    Raises:
        NoSuchJob, NotNow: it is not paused.
    """
    with queue.lock:
        job = _unfinished(queue, name)
        if job.state != "paused":
            raise NotNow(f"the job is {job.state}, not paused")
        queue.requeue(job)
    queue.wake()
    return job


def move(queue: Queue, name: str, before: str | None) -> None:
    """Give a waiting job another place.

    Args:
        before: id of the waiting job that comes after it; None: it is the last.

    Raises:
        NoSuchJob, NotNow: one of them does not wait.
    """
    with queue.lock:
        job = queue.get(name)
        other = None if before is None else queue.get(before)
        for each in (job, other):
            if each is not None and queue.position(each) is None:
                raise NotNow(f"the job {each.id} is {each.state} and has no place in the queue")
        if other is not job:
            queue.leave_line(job)
            queue.enter(job, queue.place_before(other))


def undo(queue: Queue, name: str, step: int) -> Job:
    """Let a job go back to one of its checkpoints.

    Raises:
        NoSuchJob, NotNow: it is over, or has no checkpoint of that step.
    """
    with queue.lock:
        job = _unfinished(queue, name)
        if step not in job.checkpoints:
            kept = ", ".join(map(str, job.checkpoints)) or "none yet"
            raise NotNow(f"the job has no checkpoint of step {step}; there are {kept}")
        job.change(back_to=step)
        if job.state == "running":
            job.ask("undo")
        else:
            go_back(job)
    queue.wake()
    return job


def steer(queue: Queue, registry: Registry, name: str, changes: Any) -> Job:
    """Change settings of a job that paints or is paused, from its next step on.

    Args:
        registry: of parts.
        changes: by name, as the client gave them.

    Raises:
        SettingsError: all mistakes at once.
        NoSuchJob, NotNow: it does not paint yet, or not any more.
    """
    if not isinstance(changes, Mapping) or not is_small(changes):
        raise SettingsError(f"changes: expected an object of names and values, at most {LONGEST_SETTINGS:,} characters")
    job = _unfinished(queue, name)
    change = check_request(registry, job.order.layers, job.steering, changes, leave_of(job.order))
    with queue.lock:
        if job.state == "paused" and job.step:
            job.change(steering=add_change(job.order.folder, job.step, change.values))
        elif job.state == "running":
            job.post({"steer": dict(changes)})
        else:
            raise NotNow(f"the job is {job.state}: it can be steered once it paints")
    queue.wake()
    return job


def go_on(queue: Queue, name: str, iterations: str) -> Job:
    """A new job that continues the run of one that is over, in a copy of its folder.

    Args:
        iterations: a new total, or "+100" for that many more.

    Raises:
        SettingsError: that is no number.
        NoSuchJob, NotNow: it is not over, has taken more steps already, or left no checkpoint.
        AtCapacity, QueueClosed: as `Queue.add`.
    """
    parent = queue.get(name)
    if not parent.finished:
        raise NotNow(f"the job is {parent.state}: only one that is over goes on as another")
    job = copy_run(parent, _total(parent, iterations))
    try:
        return queue.add(job)
    except PixrayError:
        remove_run(job)
        raise


def _total(parent: Job, iterations: str) -> int:
    digits = iterations.strip().removeprefix("+")
    if not digits.isdecimal() or len(digits) > 9:
        raise SettingsError(f"iterations={shown(iterations)}: expected a total such as 400, or +100 for that many more")
    total = int(digits) + (parent.step if iterations.strip().startswith("+") else 0)
    if total <= parent.step:
        raise NotNow(f"iterations={iterations}: {parent.step} were taken already; +{digits} is that many more")
    return total


def _unfinished(queue: Queue, name: str) -> Job:
    job = queue.get(name)
    if job.finished:
        raise NotNow(f"the job is over already ({job.state})")
    return job
