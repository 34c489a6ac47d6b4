"""Downloading a file over HTTP, with resumption."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from edgecnn.errors import DataError
from edgecnn.files import cannot_write
from edgecnn.progress import Progress, silent

_CHUNK_BYTES = 1 << 18
_TIMEOUT_SECONDS = 30.0
_MAX_BYTES = 1 << 30
_PARTIAL_CONTENT = 206
_RANGE_NOT_SATISFIABLE = 416


def download(url: str, target: Path, progress: Progress = silent) -> None:
    """Download `url` to `target`, resuming from `target.partial` if an earlier call left it.

    Raises:
        DataError: the server cannot be reached, refuses, or breaks off; the next call resumes.
        OutputError: the file cannot be written.
    """
    partial = target.with_name(target.name + ".partial")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        have = partial.stat().st_size if partial.exists() else 0
    except OSError as error:
        raise cannot_write(target, error) from error
    request = urllib.request.Request(  # noqa: S310  # the URL is a constant, or a test's
        url, headers={"Range": f"bytes={have}-"} if have else {}
    )
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as response:  # noqa: S310
            _save(response, partial, have if response.status == _PARTIAL_CONTENT else 0, url, progress)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code != _RANGE_NOT_SATISFIABLE or not have:
            raise DataError(f"the server answers {error.code} {error.reason}") from error
        partial.unlink(missing_ok=True)  # longer than the server's file, so of another file
        raise DataError(
            "the rest of an earlier download does not match the file and was removed; run it again"
        ) from error
    except (OSError, http.client.HTTPException) as error:
        reason = " ".join(str(getattr(error, "reason", error)).split())
        raise DataError(f"no connection ({reason})") from error
    partial.replace(target)


def _save(response: http.client.HTTPResponse, partial: Path, have: int, url: str, progress: Progress) -> None:
    total = have + response.length if response.length is not None else None
    if total is not None and total > _MAX_BYTES:
        raise DataError(f"the server offers {total} bytes: that is not a CIFAR-10 archive")
    name = url.rsplit("/", 1)[-1]
    try:
        with partial.open("r+b" if have else "wb") as file:
            file.seek(have)
            file.truncate()
            for chunk in _chunks(response):
                file.write(chunk)
                have += len(chunk)
                progress(f"downloading {name}", have, total)
                if have > _MAX_BYTES:
                    raise DataError("the server sends more than 1 GiB: that is not a CIFAR-10 archive")
    except OSError as error:
        raise cannot_write(partial, error) from error
    if total is not None and have < total:
        raise DataError(f"the connection broke off after {have} of {total} bytes; run it again to continue")


def _chunks(response: http.client.HTTPResponse) -> Iterator[bytes]:
    try:
        while chunk := response.read(_CHUNK_BYTES):
            yield chunk
    except (OSError, http.client.HTTPException) as error:
        raise DataError(f"the connection broke off ({error}); run it again to continue") from error
