"""Files exported here compute the same on an emulated Raspberry Pi 4 and 5."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edgecnn.export import export_model
from edgecnn.spec import ExportSpec, Precision
from tests.arm64.userland import PROCESSORS, Userland, build, missing

pytestmark = pytest.mark.slow

SOURCE = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def userland(tmp_path_factory: pytest.TempPathFactory) -> Userland:
    if (reason := missing()) is not None:
        pytest.skip(f"no arm64 userland here: {reason}")
    return build(tmp_path_factory.mktemp("arm64"))


@pytest.fixture(scope="module")
def every_precision(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return export_model("tutorial_cnn", tmp_path_factory.mktemp("all") / "out", ExportSpec(precisions=tuple(Precision)))


@pytest.mark.parametrize("board", PROCESSORS)
def test_every_precision_verifies_on_an_emulated_board(userland: Userland, every_precision: Any, board: str) -> None:
    ran = userland.python(board, "-m", "edgecnn", "verify", every_precision.folder, source=SOURCE)
    lines = ran.stdout.splitlines()
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert len(lines) == 9
    assert all(": ok, SHA-256 fits" in line and "4 same labels" in line for line in lines)


def test_a_changed_file_fails_on_an_emulated_board(userland: Userland, every_precision: Any, tmp_path: Path) -> None:
    content = bytearray((every_precision.folder / "tutorial_cnn-int8.tflite").read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "changed.tflite").write_bytes(content)
    ran = userland.python("pi4", "-m", "edgecnn", "verify", tmp_path / "changed.tflite", source=SOURCE)
    assert ran.returncode == 1
    assert "SHA-256 differs" in ran.stdout
