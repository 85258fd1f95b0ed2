"""The line of waiting jobs: an order that a job's number keeps, so that a move changes one row on disk."""

from __future__ import annotations

from collections.abc import Iterator

from pixray.serve.jobs import Job


class QueueOrder:
    """Jobs by their place, smallest first."""

    def __init__(self) -> None:
        self._places: list[tuple[float, Job]] = []

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[Job]:
        return iter([job for _, job in self._places])

    def position(self, job: Job) -> int | None:
        """How many come before it; None: it does not wait."""
        return next((number for number, (_, other) in enumerate(self._places) if other is job), None)

    def place(self, job: Job) -> float | None:
        """The number that keeps its position."""
        return next((place for place, other in self._places if other is job), None)

    def enter(self, job: Job, place: float) -> None:
        """Let a job in at its place."""
        self._places.append((place, job))
        self._places.sort(key=lambda entry: entry[0])

    def first(self) -> float:
        """A place before all others."""
        return self._places[0][0] - 1 if self._places else 0.0

    def last(self) -> float:
        """A place after all others."""
        return self._places[-1][0] + 1 if self._places else 0.0

    def before(self, job: Job) -> float:
        """A place right before a job that waits."""
        number = self.position(job)
        assert number is not None, "the job does not wait"
        if number == 0:
            return self.first()
        earlier, later = self._places[number - 1][0], self._places[number][0]
        return (earlier + later) / 2

    def crowded(self) -> bool:
        """Whether places are so close that halving their distance may soon give the same number."""
        return any(b[0] - a[0] < 1e-6 for a, b in zip(self._places, self._places[1:], strict=False))

    def spread(self) -> None:
        """Number all places anew."""
        self._places = [(float(number), job) for number, (_, job) in enumerate(self._places)]

    def leave(self, job: Job) -> None:
        """Let a job out, if it is there."""
        self._places = [(place, other) for place, other in self._places if other is not job]

    def pop(self) -> Job | None:
        """Let the first out."""
        return self._places.pop(0)[1] if self._places else None
