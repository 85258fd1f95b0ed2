"""Files of the model hub: its client's cache, downloads through it, and checksums.

The client names the files of its cache by what the hub published about them; of weights that is their SHA-256. So a
download can be checked right after it came, and at any time later.

Late imports keep huggingface_hub out of start-up.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from pixray.models.verify import sha256_of

_SHA256 = re.compile(r"[0-9a-f]{64}")
_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "tokenizer.model", "vocab.txt")
"""What a repository may hold for the words of a text tower."""


class HubProblem(Exception):
    """Why the hub gave nothing, as words that go on after "perceptor 'x':"."""


def is_repository(text: str) -> bool:
    """Whether a text has the form of a repository's name, org/name."""
    return _REPOSITORY.fullmatch(text) is not None and ".." not in text


def cache_folder(repository: str) -> Path:
    """Where the hub's client keeps a repository. Asked first, since importing the client takes time."""
    home = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache", "huggingface")
    cache = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE") or Path(home, "hub")
    return Path(os.path.expandvars(cache)).expanduser() / f"models--{repository.replace('/', '--')}"


def cached_file(repository: str, name: str) -> Path | None:
    """A file of a repository in the client's cache, as its main branch was when it was downloaded; None: not there."""
    folder = cache_folder(repository)
    try:
        revision = (folder / "refs" / "main").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None
    path = folder / "snapshots" / revision / name
    return path if path.is_file() else None


def download_file(repository: str, name: str) -> Path | None:
    """A file of a repository, from the cache or the hub; None: the repository has no such file.

    Raises:
        HubProblem: no such repository, no permission, no connection, or a file that is not what the hub published.
    """
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        LocalEntryNotFoundError,
        RemoteEntryNotFoundError,
        RepositoryNotFoundError,
    )

    try:
        path = Path(hf_hub_download(repository, name))
    except RemoteEntryNotFoundError:
        return None
    except GatedRepoError:
        raise HubProblem(
            f"the hub gives {repository} only to accounts that agreed to the conditions on its page (hf auth login)"
        ) from None
    except RepositoryNotFoundError:
        raise HubProblem(f"the hub has no repository {repository}") from None
    except LocalEntryNotFoundError:
        raise HubProblem("the model hub cannot be reached") from None
    except (HfHubHTTPError, OSError) as error:
        raise HubProblem(f"the download failed ({_first_line(error)})") from error
    wrong = differs(path)
    if wrong:
        remove(path)
        raise HubProblem(f"the download of {name} {wrong}; it was removed, and the next try downloads it again")
    return path


def published_sha256(path: Path) -> str | None:
    """The SHA-256 that the hub published for a file of the cache; None: it is no such file, or none was published."""
    name = path.resolve().name
    return name if path.is_symlink() and _SHA256.fullmatch(name) else None


def differs(path: Path) -> str | None:
    """How a file of the cache differs from what the hub published, as words; None: it does not, or nobody can tell."""
    published = published_sha256(path)
    digest = sha256_of(path) if published else None
    return None if digest == published else f"has the SHA-256 {digest}, published was {published}"


def remove(path: Path) -> None:
    """Remove a file of the cache, with what its name points to."""
    path.resolve().unlink(missing_ok=True)
    path.unlink(missing_ok=True)


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
