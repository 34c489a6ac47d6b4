"""Keeping runtimes from sending or storing anything about their users.

Found with strace: `import openvino` writes ~/intel/openvino_ga_cid and sends an event to Google Analytics, whatever is
done with it afterwards; ONNX Runtime 1.32 for Linux writes a device id and an event store below ~/.cache/Microsoft and
looks for its server when it is imported. Neither asks. It is no part of running a model, takes threads and time of what
is measured, and a device may have no network, so edgecnn never lets it begin.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Any, cast

_OPT_OUTS = {"ORT_DISABLE_TELEMETRY": "1"}
"""Source: onnxruntime pull request 27379: no uploader, event, identifier or store if set before the import."""

_UNWANTED = ("openvino_telemetry",)
"""Packages that OpenVINO does without: it takes a stub where the import fails. Source: openvino/tools/ovc."""


def opt_out() -> None:
    """Set the environment variables that switch telemetry off, here and in child processes; a user's own stay."""
    for name, value in _OPT_OUTS.items():
        os.environ.setdefault(name, value)


@contextlib.contextmanager
def untracked() -> Iterator[None]:
    """Let runtimes that are imported in the block find no telemetry to start."""
    opt_out()
    modules = cast(dict[str, Any], sys.modules)
    missing = [name for name in _UNWANTED if name not in modules]
    modules.update(dict.fromkeys(missing))  # None makes an import fail
    try:
        yield
    finally:
        for name in missing:
            del modules[name]
