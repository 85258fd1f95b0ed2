"""Downloading one file so that it is either complete and right, or not there.

What has arrived lies in `NAME.part`, with `NAME.part.json` saying what of; a later try goes on from there if the
server still has the same file. Size, checksum and structure are looked at before the part gets its name. A lock keeps
two runs from fetching the same file; the operating system lifts it when a run dies. HTTP_PROXY, HTTPS_PROXY, ALL_PROXY
and NO_PROXY are honoured.

Late imports keep httpx and filelock out of start-up.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pixray.errors import ModelUnavailable
from pixray.models.manifest import KnownFile, address_of
from pixray.models.progress import Progress
from pixray.models.verify import incomplete, is_page, sha256_of
from pixray.runtime.http import Request, opened

if TYPE_CHECKING:
    import httpx

_SPARE = 64 << 20
"""Bytes of disk space to leave free beside a download."""


@dataclass(frozen=True)
class Timeouts:
    """How long to wait.

    Attributes:
        connect, read: seconds until a server must answer, and between two of its blocks.
        tries: how often a broken transfer is taken up again at one mirror without anything new arriving.
        pause: seconds before taking it up again.
    """

    connect: float = 10.0
    read: float = 30.0
    tries: int = 3
    pause: float = 1.0


class _Broken(Exception):
    """The transfer broke; trying the same mirror again may help."""


class _Useless(Exception):
    """This mirror does not have the file."""


def download(file: KnownFile, target: Path, progress: Progress, patience: Timeouts | None = None) -> None:
    """Fetch a file from the first mirror that has it. When it returns, the target is complete.

    Args:
        file: what to fetch.
        target: where it goes; its folder is made.

    Raises:
        ModelUnavailable: no mirror worked (each is named with its reason), or the disk is full or not writable.
    """
    from filelock import FileLock, Timeout

    try:
        locks = target.parent / ".locks"
        locks.mkdir(parents=True, exist_ok=True)
        lock = FileLock(locks / f"{target.name}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            progress.say(f"another run is fetching {target.name}; waiting for it")
            lock.acquire()
        try:
            if not (target.is_file() and incomplete(target, file) is None):
                _Transfer(file, target, progress, patience or Timeouts()).run()
        finally:
            lock.release()
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        why = "the disk is full" if full else error.strerror or str(error)
        raise ModelUnavailable(f"{file.name}: cannot write to {target.parent.absolute()}: {why}") from error


class _Transfer:
    """One file on its way."""

    def __init__(self, file: KnownFile, target: Path, progress: Progress, patience: Timeouts) -> None:
        self.file, self.target, self.progress, self.patience = file, target, progress, patience
        self.part = target.with_name(target.name + ".part")
        self.note = target.with_name(target.name + ".part.json")
        self.resumed = False

    def run(self) -> None:
        reasons = []
        for mirror in self.file.mirrors:
            try:
                self._from(address_of(mirror))
                return
            except (_Broken, _Useless) as reason:
                host = urlsplit(address_of(mirror)).netloc
                reasons.append(f"{host}: {reason}")
                self.progress.say(f"{self.file.name}: {host}: {reason}")
        why = "; ".join(reasons) or "no mirror is known"
        raise ModelUnavailable(f"{self.file.name} could not be downloaded ({why})")

    def _from(self, url: str) -> None:
        """Fetch from one address, taking a broken transfer up again as long as that brings something new."""
        idle = 0
        while True:
            before = self._arrived()
            try:
                self._fetch(url)
                self._finish()
                return
            except _Broken:
                idle = 0 if self._arrived() > before else idle + 1
                if idle >= self.patience.tries:
                    raise
                time.sleep(self.patience.pause)

    def _arrived(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0

    def _fetch(self, url: str) -> None:
        """One request."""
        import httpx

        offset, headers = self._resume(url)
        request = Request(
            "GET",
            url,
            headers,
            read=self.patience.read,
            connect=self.patience.connect,
            proxies=True,
            redirects=True,
        )
        try:
            with opened(request) as response:
                self._receive(response, url, offset)
        except httpx.InvalidURL as error:
            raise _Useless(f"the address is wrong ({error})") from None
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError, httpx.UnsupportedProtocol) as error:
            raise _Useless(f"cannot be reached ({error or type(error).__name__})") from None
        except httpx.TooManyRedirects:
            raise _Useless("it redirects for ever") from None
        except httpx.TimeoutException:
            raise _Broken(f"nothing came for {self.patience.read:g} s") from None
        except httpx.HTTPError as error:
            raise _Broken(f"the connection broke after {self._arrived()} bytes") from error

    def _resume(self, url: str) -> tuple[int, dict[str, str]]:
        """From which byte to go on, and the headers that ask for it."""
        arrived = self._arrived()
        if not arrived or not self.note.exists():
            return 0, {}
        try:
            note = json.loads(self.note.read_text(encoding="utf-8"))
        except ValueError:
            return 0, {}
        if not isinstance(note, dict) or note.get("sha256") != self.file.sha256:
            return 0, {}
        validator = note.get("validator") if note.get("url") == url else None
        # Without a validator the server may meanwhile have another file; then only a checksum can tell.
        if not validator and not self.file.sha256:
            return 0, {}
        return arrived, {"Range": f"bytes={arrived}-"} | ({"If-Range": validator} if validator else {})

    def _receive(self, response: httpx.Response, url: str, offset: int) -> None:
        """Read an answer into the part."""
        offset = self._begins_at(response, offset)
        self.resumed = offset > 0
        total = self._total(response, offset)
        self._check_space((total or self.file.bytes or 0) - offset)
        self.note.write_text(
            json.dumps({"url": url, "validator": _validator(response), "sha256": self.file.sha256}), encoding="utf-8"
        )
        self.progress.begin(self.file.name, offset, total)
        try:
            with self.part.open("r+b" if offset else "wb") as opened:
                opened.seek(offset)
                opened.truncate()
                # As they come: gathering blocks of one size would lose the last one when the connection breaks.
                for block in response.iter_raw():
                    if opened.tell() == 0 and is_page(block):
                        raise _Useless("it answers with a web page instead of the file")
                    opened.write(block)
                    self.progress.advance(len(block))
                    if total is not None and opened.tell() > total:
                        raise _Useless("it sends more than it said")
        finally:
            self.progress.end()
        if total is not None and self._arrived() < total:
            raise _Broken(f"it stopped after {self._arrived()} of {total} bytes")

    def _begins_at(self, response: httpx.Response, offset: int) -> int:
        """Which byte of the file the answer begins with; raises when it is no answer to our question."""
        status = response.status_code
        if status == 416:
            # What we have does not fit what the server has: begin again.
            self._forget()
            raise _Broken("it has no such part of the file")
        if status in (408, 425, 429) or status >= 500:
            raise _Broken(f"it answers {status} {response.reason_phrase}")
        if status not in (200, 206):
            raise _Useless(f"it answers {status} {response.reason_phrase}")
        if response.headers.get("content-encoding", "identity") != "identity":
            raise _Useless("it sends the file compressed")
        if "text/html" in response.headers.get("content-type", "") and not self.target.suffix == ".html":
            raise _Useless("it answers with a web page instead of the file")
        if (
            response.request.url.scheme == "http"
            and not self.file.sha256
            and any(step.request.url.scheme == "https" for step in response.history)
        ):
            raise _Useless("it redirects to an unencrypted address, and there is no checksum to trust")
        if status == 206:
            begin = response.headers.get("content-range", "").removeprefix("bytes ").partition("-")[0]
            if begin != str(offset):
                self._forget()
                raise _Broken("it sends another part than was asked for")
            return offset
        return 0

    def _total(self, response: httpx.Response, offset: int) -> int | None:
        """The size of the whole file as the server states it, checked against what is known."""
        length = response.headers.get("content-length", "")
        total = int(length) + offset if length.isdigit() else None
        if total == 0:
            raise _Useless("the file is empty there")
        if total is not None and self.file.bytes is not None and total != self.file.bytes:
            self._forget()
            raise _Useless(f"it has a file of {total} bytes instead of {self.file.bytes}")
        return total

    def _check_space(self, needed: int) -> None:
        free = shutil.disk_usage(self.target.parent).free
        if needed > 0 and free < needed + _SPARE:
            raise ModelUnavailable(
                f"{self.file.name} needs {needed / 1e6:.0f} MB in {self.target.parent.absolute()}, where "
                f"{free / 1e6:.0f} MB are free; PIXRAY_CHECKPOINTS can name a folder with more room"
            )

    def _finish(self) -> None:
        """Give the part its name, if it is what was wanted."""
        size, file = self._arrived(), self.file
        problem = None
        if file.bytes is not None and size != file.bytes:
            problem = f"it sent {size} bytes instead of {file.bytes}"
        elif file.sha256 is not None and sha256_of(self.part) != file.sha256:
            problem = "what came does not have the published checksum"
        elif size == 0:
            problem = "the file is empty there"
        elif why := incomplete(self.part, file):
            problem = f"what came is not complete: {why}"
        if problem:
            self._forget()
            # Pieces of two different files may have met; a fresh start tells.
            raise _Broken(problem) if self.resumed else _Useless(problem)
        with self.part.open("rb") as opened:
            os.fsync(opened.fileno())
        os.replace(self.part, self.target)
        self.note.unlink(missing_ok=True)

    def _forget(self) -> None:
        self.part.unlink(missing_ok=True)
        self.note.unlink(missing_ok=True)


def _validator(response: httpx.Response) -> str | None:
    """What lets a later request make sure that it continues the same file: a strong ETag, else the date."""
    etag = response.headers.get("etag", "")
    if etag.startswith('"'):
        return etag
    return response.headers.get("last-modified")
