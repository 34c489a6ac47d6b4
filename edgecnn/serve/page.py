"""The web page: one file that contacts only this server."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Page:
    """The page's bytes and its HTTP headers."""

    content: bytes
    headers: dict[str, str]


def read_page() -> Page:
    """Return the page, with a policy that lets the browser run its own script and no other."""
    content = (Path(__file__).parent / "page.html").read_bytes()
    policy = (
        f"default-src 'none'; connect-src 'self'; img-src blob: data:; media-src blob:; base-uri 'none'; "
        f"form-action 'none'; frame-ancestors 'none'; "
        f"script-src {_hash_of('script', content)}; style-src {_hash_of('style', content)}"
    )
    headers = {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cache-control": "no-cache",
    }
    return Page(content, headers)


def _hash_of(tag: str, content: bytes) -> str:
    (inside,) = re.findall(f"<{tag}>(.*?)</{tag}>".encode(), content, re.DOTALL)
    return f"'sha256-{base64.b64encode(hashlib.sha256(inside).digest()).decode()}'"
