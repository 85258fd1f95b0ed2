"""README with absolute links, for package indexes; everything else is said in pyproject.toml."""

import re
from pathlib import Path

from setuptools import setup

REPOSITORY = "https://github.com/pixray/pixray"


def absolute_links(text: str) -> str:
    """Links and pictures that are relative to the repository, as addresses in it."""

    def replace(match: re.Match) -> str:
        bang, label, target = match.groups()
        if re.match(r"[a-z]+:|#", target):
            return match[0]
        return f"{bang}[{label}]({REPOSITORY}/{'raw' if bang else 'blob'}/main/{target})"

    return re.sub(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)", replace, text)


setup(
    long_description=absolute_links(Path(__file__).with_name("README.md").read_text(encoding="utf-8")),
    long_description_content_type="text/markdown",
)
