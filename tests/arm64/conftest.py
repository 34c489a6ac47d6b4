"""The emulated userland and the artifacts that run in it, each made once a session."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conftest import save_npz
from tests.deploy.conftest import _own_ssh, fleet, small_data  # noqa: F401  # fixtures of test_deploy.py
from tests.fakes.userland import Board, Userland, build, missing

SOURCE = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def userland(tmp_path_factory: pytest.TempPathFactory) -> Userland:
    """Return a bookworm userland with runtimes beside it."""
    if (reason := missing()) is not None:
        pytest.skip(f"no arm64 userland here: {reason}")
    made = build(tmp_path_factory.mktemp("arm64"))
    made.add_packages()
    return made


@pytest.fixture(scope="session")
def every_precision(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return the export of the shipped model in all precisions; its accuracy is of no interest here."""
    from edgecnn.data.sample import load_test_sample
    from edgecnn.export import export_model
    from edgecnn.spec import ExportSpec, Precision

    folder = tmp_path_factory.mktemp("all")
    few = save_npz(folder / "few.npz", load_test_sample().take(np.arange(200)))
    spec = ExportSpec(precisions=tuple(Precision))
    return export_model("tutorial_cnn", folder / "out", spec, evaluation=str(few))


@pytest.fixture(scope="session")
def boards(userland: Userland, every_precision: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Board]:
    """Return a board of each kind with this source; /artifacts there are the artifacts, and /work is shared."""
    shared = {"/artifacts": every_precision.folder, "/work": tmp_path_factory.mktemp("work")}
    return {kind: userland.board(kind, kind, source=SOURCE, shared=shared) for kind in ("pi4", "pi5")}
