"""Building the bundle: an uncompressed zip application with a fixed order and fixed times."""

from __future__ import annotations

import importlib.util
import io
import json
import marshal
import zipfile
from pathlib import Path

from edgecnn.artifact import Artifact, open_folder
from edgecnn.bundle.runner import INDEX
from edgecnn.errors import ArtifactError
from edgecnn.files import write_atomic
from edgecnn.spec import Format, Precision
from edgecnn.task import TASKS

MODULES = (
    "edgecnn",
    "edgecnn._version",
    "edgecnn.answers",
    "edgecnn.bundle",
    "edgecnn.bundle.runner",
    "edgecnn.container",
    "edgecnn.contract",
    "edgecnn.errors",
    "edgecnn.lazy",
    "edgecnn.model_files",
    "edgecnn.pictures",
    "edgecnn.plain_image",
    "edgecnn.preprocess",
    "edgecnn.redirect",
    "edgecnn.runtime",
    "edgecnn.runtime.backend",
    "edgecnn.runtime.classifier",
    "edgecnn.runtime.classify",
    "edgecnn.runtime.litert",
    "edgecnn.runtime.ort",
    "edgecnn.runtime.telemetry",
    "edgecnn.schema",
    "edgecnn.spec",
    "edgecnn.task",
    "edgecnn.tasks",
    *(entry.module for entry in TASKS.values()),
    "edgecnn.text",
    "edgecnn.ticking",
)
"""The part of edgecnn that runs an artifact."""

_SHEBANG = b"#!/usr/bin/env python3\n"
_MODE = 0o755
_ENTRY_TIME = (1980, 1, 1, 0, 0, 0)  # the same artifacts give the same file

_MAIN = """\
import sys

if sys.version_info < (3, 11):
    sys.exit("this file needs Python 3.11 or newer, and this is " + sys.version.split()[0])

from edgecnn.bundle.runner import main

main(__loader__)
"""


def make_bundle(
    folder: str | Path, out: Path, precisions: tuple[Precision, ...] = tuple(Precision)
) -> tuple[Artifact, ...]:
    """Write the artifacts of a folder, and the code that runs them, to one executable file; return the artifacts.

    The preferred artifact comes first. Beside its source, each module is stored compiled for the Python version that
    runs this; other versions compile the source at each start.

    Args:
        folder: has a manifest; artifacts that its gate rejected are left out.
        out: the file to write, usually `*.pyz`.
        precisions: which artifacts to take.

    Raises:
        ArtifactError, ContractError: the folder or a file in it is damaged, or has none of these precisions.
        OutputError: the file cannot be written.
    """
    artifacts = [one for one in open_folder(folder).artifacts if one.contract.precision in precisions]
    if not artifacts:
        asked = ", ".join(precision.value for precision in precisions)
        raise ArtifactError(f"{folder} has no artifact of precision {asked} that its gate accepted")
    formats = list(Format)
    ordered = sorted(
        artifacts,
        key=lambda one: (one.contract.precision.preference, formats.index(one.contract.format), one.path.name),
    )
    write_atomic(out, _SHEBANG + _archive(_files(ordered)))
    out.chmod(_MODE)
    return tuple(ordered)


def _files(artifacts: list[Artifact]) -> dict[str, bytes]:
    index = [
        {"file": one.path.name, "format": one.contract.format.value, "precision": one.contract.precision.value}
        for one in artifacts
    ]
    files = {"__main__.py": _MAIN.encode(), INDEX: json.dumps(index, indent=1).encode()}
    files |= {f"artifacts/{one.path.name}": one.path.read_bytes() for one in artifacts}
    for name in MODULES:
        path, source = _source(name)
        files[path] = source
        files[f"{path}c"] = _compiled(path, source)
    return files


def _source(module: str) -> tuple[str, bytes]:
    """Return the path of a module in the archive, and its text."""
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    path = module.replace(".", "/") + ("/__init__.py" if spec.submodule_search_locations else ".py")
    return path, Path(spec.origin).read_bytes()


def _compiled(path: str, source: bytes) -> bytes:
    """Return a .pyc that Python does not check against the text.

    Format 2 of marshal has no references between equal objects, which depend on what else is in memory.
    """
    code = marshal.dumps(compile(source, path, "exec", dont_inherit=True), 2)
    unchecked = (1).to_bytes(4, "little")
    return importlib.util.MAGIC_NUMBER + unchecked + importlib.util.source_hash(source) + code


def _archive(files: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name, _ENTRY_TIME), files[name])
    return content.getvalue()
