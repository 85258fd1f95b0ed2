"""Jobs on disk: a row each, written at every change of state and read at the next start."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

from pixray.serve.database import Database
from pixray.serve.jobs import PAGE, Job, Order
from pixray.settings.layers import Layer, LayerKind, Leave

_PLAIN = (
    *("door", "asked", "start", "prompts", "drawer", "parent", "push", "step", "steps", "size", "seed", "losses"),
    *("seconds_left", "previews", "checkpoints", "steering", "error", "deaths", "output", "wish", "back_to"),
)
"""Attributes of a job that are kept as they are."""
_ORDER = ("resumable", "lasting", "most_pictures", "iterations")
_TIMES = ("created", "started", "completed")


class JobStore:
    """Reads and writes jobs.

    Args:
        database: of the server.
        leave: what clients may name, now.
        folder: below which the pictures are that clients sent.
    """

    def __init__(self, database: Database, leave: Leave = Leave(), folder: Path | None = None) -> None:
        self._database, self._leave, self._folder = database, leave, folder

    def save(self, job: Job, place: float | None = None) -> None:
        """Keep a job as it is now.

        Args:
            place: in the queue, where smaller numbers come first; None: it is in none.
        """
        ended = job.completed.timestamp() if job.completed else None
        row = (job.id, job.state, place, ended, job.prompts, str(job.order.folder), json.dumps(_body(job)))
        self._database(
            "INSERT INTO jobs (id, state, place, ended, prompts, folder, body) VALUES (?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET state = excluded.state, place = excluded.place, ended = excluded.ended, "
            "prompts = excluded.prompts, folder = excluded.folder, body = excluded.body",
            row,
        )

    def place(self, job: Job, place: float) -> None:
        """Keep where a job stands in the queue."""
        self._database("UPDATE jobs SET place = ? WHERE id = ?", (place, job.id))

    def load(self, name: str) -> Job | None:
        """The job of that id."""
        rows = self._database("SELECT id, state, body FROM jobs WHERE id = ?", (name,))
        return self._job(*rows[0]) if rows else None

    def unfinished(self) -> list[tuple[Job, float]]:
        """Every job that is not over, in the order of the queue, with its place."""
        rows = self._database(
            "SELECT id, state, body, place FROM jobs WHERE ended IS NULL ORDER BY place IS NULL, place, number"
        )
        return [(self._job(*row[:3]), float(row[3] or 0)) for row in rows]

    def finished(self, query: str = "", limit: int = 50, before: str | None = None) -> list[Job]:
        """Jobs that are over, newest first.

        Args:
            query: words that their prompts hold.
            limit: how many at most.
            before: id of a job; only those that were over earlier.
        """
        conditions, values = ["ended IS NOT NULL"], []
        for word in query.split()[:20]:
            conditions.append("prompts LIKE ? ESCAPE '\\'")
            values.append("%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%")
        if before is not None:
            conditions.append("(ended, number) < (SELECT ended, number FROM jobs WHERE id = ?)")
            values.append(before)
        order = "ORDER BY ended DESC, number DESC LIMIT ?"
        statement = f"SELECT id, state, body FROM jobs WHERE {' AND '.join(conditions)} {order}"
        rows = self._database(statement, (*values, limit))
        return [self._job(*row) for row in rows]

    def given_up(self, most: int, before: float) -> list[str]:
        """Ids of jobs of other programs that are over and not kept any longer, of which the page's own jobs are none.

        Args:
            most: how many of them are kept, the newest.
            before: a moment; those that were over later are kept besides.
        """
        rows = self._database(
            "SELECT id FROM (SELECT id, ended FROM jobs WHERE ended IS NOT NULL AND json_extract(body, '$.door') != ? "
            "ORDER BY ended DESC, number DESC LIMIT -1 OFFSET ?) WHERE ended < ?",
            (PAGE, most, before),
        )
        return [row[0] for row in rows]

    def mentions(self, text: str) -> bool:
        """Whether any job holds a text."""
        return bool(self._database("SELECT 1 FROM jobs WHERE instr(body, ?) LIMIT 1", (text,)))

    def remove(self, job: Job) -> None:
        """Forget a job."""
        self._database("DELETE FROM jobs WHERE id = ?", (job.id,))

    def _job(self, name: str, state: Any, text: str) -> Job:
        body = json.loads(text)
        order = body["order"]
        layers = tuple(
            Layer(LayerKind[kind], label, values, self._leave, folder=self._folder)
            for kind, label, values in order["layers"]
        )
        made = Order(layers, Path(order["folder"]), **{name: order[name] for name in _ORDER})
        facts: dict[str, Any] = {key: body[key] for key in _PLAIN if key in body}
        facts["size"] = None if body["size"] is None else tuple(body["size"])
        times: dict[str, Any] = {key: body[key] and datetime.datetime.fromisoformat(body[key]) for key in _TIMES}
        pictures = [Path(picture) for picture in body["pictures"]]
        return Job(made, name, state=state, spent=body["seconds"], pictures=pictures, **facts, **times)


def _body(job: Job) -> dict[str, Any]:
    order = job.order
    layers = [(layer.kind.name, layer.label, _plain(dict(layer.values))) for layer in order.layers]
    facts = {"layers": layers, "folder": str(order.folder), **{name: getattr(order, name) for name in _ORDER}}
    times = {key: (moment := getattr(job, key)) and moment.isoformat() for key in _TIMES}
    plain = {key: getattr(job, key) for key in _PLAIN}
    pictures = [str(picture) for picture in job.pictures]
    return {
        **plain,
        **times,
        "asked": _plain(dict(job.asked)),
        "seconds": job.seconds,
        "pictures": pictures,
        "order": facts,
    }


def _plain(values: dict[str, Any]) -> Any:
    """Values as JSON holds them; what YAML knows besides, such as dates, as text."""
    return json.loads(json.dumps(values, default=str))
