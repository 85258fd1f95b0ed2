"""Waiting for a job in a route, as long as its client is there."""

from __future__ import annotations

import asyncio

from starlette.requests import Request

from pixray.serve.jobs import Job


async def changed(job: Job) -> None:
    """Wait until something about a job has changed."""
    loop, news = asyncio.get_running_loop(), asyncio.Event()

    def notice() -> None:
        loop.call_soon_threadsafe(news.set)

    end = job.listen(notice)
    try:
        if not job.finished:
            await news.wait()
    finally:
        end()


async def finished(job: Job) -> None:
    """Wait until a job is over."""
    while not job.finished:
        await changed(job)


async def finished_before_client_leaves(job: Job, request: Request) -> bool:
    """Whether a job ended while its client was there."""

    async def leave() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            continue

    tasks = [asyncio.create_task(finished(job)), asyncio.create_task(leave())]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return job.finished
    finally:
        for task in tasks:
            task.cancel()
