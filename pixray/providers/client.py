"""Everything between a request and a service that is the same for all: check, cache, budget, limits, retries, decoding.

client = Client(Stability())
result = await client.generate(request)      # in an event loop
job = client.start(request)                  # anywhere: runs in a thread of its own
job.cancel()
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import random
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, aclosing, nullcontext
from dataclasses import replace
from typing import Any, Literal

from pixray.errors import MissingPackage
from pixray.providers.addresses import is_loopback, split
from pixray.providers.base import Accepted, Bill, GeneratedImage, ImageRequest, Preview, Provider, Remark
from pixray.providers.cache import Cache, key_of
from pixray.providers.decode import open_safely, sniff
from pixray.providers.errors import ContentFiltered, DecodeError, DownloadError, ProviderError, Timeout
from pixray.providers.fitting import fitted
from pixray.providers.jobs import Job
from pixray.providers.limits import Budget, Gate, Retries
from pixray.providers.picture_download import download
from pixray.providers.redaction import without_key
from pixray.providers.results import Cost, GenerateResult, ImageResult
from pixray.providers.unfinished import Note, Unfinished

logger = logging.getLogger(__name__)

CacheMode = Literal["auto", "replay", "off"]


class Client:
    """One provider under the rules of a run.

    Args:
        provider: what to talk to.
        retries: when to try again.
        budget: what may be spent; shared with other clients for a common limit.
        gate: how much at once; shared by all clients of one account.
        cache: of results; None: none.
        caching: "auto": only what would come out the same again; "replay": whatever came once; "off".
        prices: what one picture costs, by service, and what a token does, by "service.token".
        on_unsupported: "drop" leaves out what the service cannot do and says so.
        draw_seed: the seed of a request without one, for services that take seeds.
        unfinished: notes of submissions under way, for services that cost money; None: none are written.
    """

    def __init__(
        self,
        provider: Provider,
        *,
        retries: Retries | None = None,
        budget: Budget | None = None,
        gate: Gate | None = None,
        cache: Cache | None = None,
        caching: CacheMode = "auto",
        prices: Mapping[str, float] | None = None,
        on_unsupported: Literal["refuse", "drop"] = "refuse",
        draw_seed: Callable[[], int] = lambda: random.SystemRandom().randint(1, 2**31 - 1),
        unfinished: Unfinished | None = None,
    ) -> None:
        capabilities = provider.capabilities
        self.provider, self.retries = provider, retries or Retries()
        self.budget, self.gate = budget or Budget(), gate or Gate(capabilities.concurrency, capabilities.rate)
        self.cache, self.caching, self.unfinished = cache, caching, unfinished
        self.prices, self.on_unsupported, self._draw_seed = dict(prices or {}), on_unsupported, draw_seed
        self.closed = False

    def close(self) -> None:
        """Submit nothing any more; what still waits to be submitted waits until it is cancelled.

        For runs that are stopped together: the first one that is cancelled leaves its place at the gate to the next,
        which would otherwise submit, and pay, before it is cancelled as well.
        """
        self.closed = True

    def start(self, request: ImageRequest, on_preview: Callable[[bytes], None] | None = None) -> Job:
        """Run a request in a thread of its own; the job can be waited for and cancelled."""
        return Job(lambda: self.generate(request, on_preview))

    async def generate(
        self, request: ImageRequest, on_preview: Callable[[bytes], None] | None = None
    ) -> GenerateResult:
        """Make the pictures of a request.

        Args:
            on_preview: called with unfinished pictures as they come, if the service sends any.

        Raises:
            ProviderError: there is not a single picture. If only some are missing, the result says why.
        """
        take, begun = request.seed, time.monotonic()
        if request.seed is not None and self.provider.capabilities.seeds is None:
            request = replace(request, seed=None)  # it counts takes in the cache, but is not sent
        request, warnings = fitted(self.provider, request, self.on_unsupported)
        if request.seed is None and self.provider.capabilities.seeds is not None:
            request = replace(request, seed=self._draw_seed())
        key = self._cache_key(request, take)
        cached = self.cache.get(key) if key and self.cache else None
        if cached is not None:
            return replace(cached, warnings=warnings, seconds=time.monotonic() - begun)
        result = await self._gathered(request, take, on_preview, warnings)
        result = replace(result, seconds=time.monotonic() - begun)
        if key and self.cache and result.error is None and all(image.usable for image in result.images):
            self.cache.put(key, result)
        return result

    def _cache_key(self, request: ImageRequest, take: int | None) -> str | None:
        if self.cache is None or self.caching == "off":
            return None
        if self.caching == "auto" and not self.provider.repeatable(request):
            return None
        return self._digest(request, take)

    def _digest(self, request: ImageRequest, take: int | None) -> str:
        return key_of(self.provider, request if request.seed is not None else replace(request, seed=take))

    def _noted(self, request: ImageRequest, take: int | None) -> AbstractContextManager[Note]:
        """The note of a submission, if it may cost something."""
        prices = self.provider.prices
        if self.unfinished is None or (prices is not None and prices.certain):
            return nullcontext(Note())
        digest, key = self._digest(request, take), self.provider.key
        return self.unfinished.noted(self.provider.name, digest, key, pay_twice=self.retries.billable)

    async def _gathered(
        self,
        request: ImageRequest,
        take: int | None,
        on_preview: Callable[[bytes], None] | None,
        warnings: tuple[str, ...],
    ) -> GenerateResult:
        """All submissions of a request side by side; one that fails takes none of the others with it."""
        most = self.provider.capabilities.most_images
        works = []
        for first in range(0, request.count, most):
            part = replace(request, count=min(most, request.count - first), seed=_shifted(request.seed, first))
            works.append(_Submission(self, part, _shifted(take, first), on_preview))
        outcomes = await asyncio.gather(*(work.run() for work in works), return_exceptions=True)
        errors = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        for error in errors:
            if not isinstance(error, ProviderError):
                raise error
        images = tuple(without_key(image, self.provider.key) for work in works for image in work.images)
        broken = [error for work in works for error in work.broken]
        first_error = next((error for error in [*errors, *broken] if isinstance(error, ProviderError)), None)
        if not images or all(image.status == "error" for image in images):
            raise first_error or ContentFiltered(f"{self.provider.name} sent no picture: filtered, or simply empty")
        return GenerateResult(
            images, first_error, Cost.sum([work.cost for work in works]), sum(work.attempts for work in works),
            warnings=(*warnings, *dict.fromkeys(remark for work in works for remark in work.remarks)),
        )  # fmt: skip


class _Submission:
    """One request to the service, with everything that may have to be repeated for it."""

    def __init__(
        self,
        client: Client,
        request: ImageRequest,
        take: int | None,
        on_preview: Callable[[bytes], None] | None,
    ) -> None:
        self.client, self.provider, self.request, self.take = client, client.provider, request, take
        self.on_preview = on_preview
        self.images: list[ImageResult] = []
        self.broken: list[ProviderError] = []
        self.remarks: list[str] = []
        self.attempts = 0
        self.cost = Cost()

    async def run(self) -> None:
        """Until all pictures are there, or no attempt is left."""
        while True:
            missing = self.request.count - len(self.images)
            request = replace(
                self.request, count=missing, seed=_shifted(self.request.seed, self.request.count - missing)
            )
            try:
                await self._attempt(request)
                return
            except ProviderError as error:
                wait = self.client.retries.wait(self.attempts, error)
                if wait is None:
                    raise
                logger.debug("%s: %s; again in %.1f s", self.provider.name, error, wait)
                await asyncio.sleep(wait)

    async def _attempt(self, request: ImageRequest) -> None:
        """One submission, or fetching what an earlier run submitted. Pictures that come before a failure stay."""
        async with self.client.gate:
            if self.client.closed:
                await asyncio.Event().wait()  # for ever: the job is about to be cancelled
            with self.client._noted(request, self.take) as note:
                await self._submit(request, note)

    async def _submit(self, request: ImageRequest, note: Note) -> None:
        name, each = self.provider.name, self._own_price()
        listed = None if each is None else each * request.count
        limit = request.timeout or self.provider.capabilities.timeout
        reserved = listed if note.earlier is None else None
        if note.earlier is None:
            self.client.budget.reserve(name, listed)
        else:
            self.remarks.append(f"{name}: an earlier run ended before this picture came; it is fetched, not paid again")
        self.attempts += 1
        logger.debug("%s: submitting %s", name, hashlib.sha256(request.text.encode()).hexdigest()[:12])
        before = len(self.images)
        try:
            bill = await asyncio.wait_for(self._replies(request, note), limit)
        except asyncio.TimeoutError:
            note.gave_up = True
            self._account(None, reserved, listed)
            raise Timeout(
                f"{name} did not finish within {limit:g} s; it may bill the request all the same", maybe_billed=True
            ) from None
        except (ProviderError, MissingPackage) as error:
            if isinstance(error, MissingPackage) or error.unsent:
                self.client.budget.release(reserved)
                raise
            arrived = None if each is None else each * (len(self.images) - before)
            self._account(None, reserved, listed if error.maybe_billed else arrived)
            raise
        self._account(bill, reserved, listed)
        if self.cost.amount is None:
            self._guess(request)

    async def _replies(self, request: ImageRequest, note: Note) -> Bill | None:
        bill, provider = None, self.provider
        earlier = note.earlier
        source = provider.generate(request) if earlier is None else provider.collect(earlier.task, request)
        async with aclosing(source) as replies:  # type: ignore[type-var]
            async for reply in replies:
                if isinstance(reply, Preview):
                    if self.on_preview is not None:
                        self.on_preview(reply.content)
                elif isinstance(reply, Bill):
                    bill = reply
                elif isinstance(reply, Remark):
                    self.remarks.append(reply.text)
                elif isinstance(reply, Accepted):
                    note.accept(reply, provider.key)
                else:
                    await self._take(reply, request)
                    note.kept = any(isinstance(error, DownloadError) for error in self.broken)
        return bill

    async def _take(self, image: GeneratedImage, request: ImageRequest) -> None:
        """Fetch and decode one picture. A bad picture is an error of that picture, not of the others."""
        seed = image.seed if image.seed is not None else self._seed_of_next()
        common: dict[str, Any] = {
            "seed": seed, "refusal": image.refusal, "revised_prompt": image.revised_prompt, "facts": dict(image.facts),
        }  # fmt: skip
        if image.content is None and image.address is None:
            status = "filtered" if image.status == "ok" else image.status
            self.images.append(ImageResult(None, status=status, **common))
            return
        try:
            content = await self._fetched(image.content if image.content is not None else image.address or "")
            picture = open_safely(content)
            beside = {name: await self._fetched(value) for name, value in image.beside.items()}
            for value in beside.values():
                open_safely(value)
        except (DecodeError, DownloadError) as error:
            self.broken.append(error)
            self.images.append(ImageResult(None, status="error", **{**common, "refusal": str(error)}))
            return
        self.images.append(
            ImageResult(content, sniff(content), *picture.size, status=image.status, beside=beside, **common)
        )

    async def _fetched(self, value: bytes | str) -> bytes:
        if isinstance(value, bytes):
            return value
        base = split(self.provider.url if "//" in self.provider.url else f"//{self.provider.url}")
        return await download(value, loopback=is_loopback(base.hostname or ""))

    def _seed_of_next(self) -> int | None:
        return _shifted(self.request.seed, len(self.images))

    def _account(self, bill: Bill | None, price: float | None, listed: float | None) -> None:
        """Note what an attempt cost: what the service said, or what the price list says.

        Args:
            price: what was reserved; listed: what is due by the price list after all.
        """
        per_token = self.client.prices.get(f"{self.provider.name}.token")
        amount, source = listed, "free" if self._is_free() else "estimated"
        if bill is not None and bill.amount is not None:
            amount, source = bill.amount, "reported"
        elif bill is not None and bill.tokens is not None and per_token is not None:
            amount, source = bill.tokens * per_token, "reported"
        if amount is None:
            return
        self.client.budget.settle(price, amount)
        unit = bill.unit if bill is not None and source == "reported" else ""
        self.cost = Cost.sum([self.cost, Cost(amount, unit, source)])  # type: ignore[arg-type]

    def _own_price(self) -> float | None:
        """What the user says that a picture costs, or nothing for what is free."""
        return self.client.prices.get(self.provider.name, 0.0 if self._is_free() else None)

    def _is_free(self) -> bool:
        prices = self.provider.prices
        return self.provider.name not in self.client.prices and prices is not None and prices.certain

    def _guess(self, request: ImageRequest) -> None:
        """Note what the service's own list says, which nobody verified."""
        prices = self.provider.prices
        each = prices.price_of(request.model) if prices is not None else None
        if prices is not None and each is not None:
            self.client.budget.guess(each * request.count)
            self.cost = Cost(each * request.count, prices.unit, "guessed", prices.as_of)


def _shifted(seed: int | None, by: int) -> int | None:
    """The seed of a later picture; it stays within 31 bits, as every service takes them."""
    return seed if seed is None or not by else (seed - 1 + by) % (2**31 - 1) + 1
