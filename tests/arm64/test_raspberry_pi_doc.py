"""docs/raspberry-pi.md, word for word, on a fresh emulated board."""

from __future__ import annotations

import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from edgecnn.bench.result import read_result
from edgecnn.data.sample import load_test_sample
from edgecnn.deploy.wheel import build_wheel
from edgecnn.files import write_atomic
from tests.fakes.userland import PYTHONS, Userland, build

pytestmark = pytest.mark.slow

PAGE = Path(__file__).parents[2] / "docs" / "raspberry-pi.md"
PHOTOS = 40
BOARDS = {"bookworm": "pi4", "trixie": "pi5"}


def commands(page: str) -> list[str]:
    """Return the lines of the code blocks behind the marker `pi`."""
    blocks = re.findall(r"<!-- pi -->\n```\n(.*?)```", page, flags=re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


@dataclass(frozen=True)
class Followed:
    """What came of the page on a board: how the last command ended, what each printed, and the home folder."""

    last: subprocess.CompletedProcess[str]
    printed: dict[str, str]
    home: Path


def follow(system: Userland, artifacts: Path) -> Followed:
    """Run the page's commands on a fresh board, until one fails."""
    board = system.board(BOARDS[system.suite], "page")
    wheel = build_wheel()
    write_atomic(board.home / wheel.name, wheel.content)
    shutil.copytree(artifacts, board.home / "out")
    sample = load_test_sample()
    assert sample.labels is not None
    Image.fromarray(sample.images[0]).save(board.home / "picture.png")
    for number in range(PHOTOS):
        folder = board.home / "photos" / sample.class_names[int(sample.labels[number])]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(sample.images[number]).save(folder / f"{number}.png")
    printed = {}
    for line in commands(PAGE.read_text()):
        last = board.run("bash", "-c", line)
        printed[line] = last.stdout
        if last.returncode:
            break
    return Followed(last, printed, board.home)


@pytest.fixture(scope="module")
def followed(userland: Userland, shipped_export: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Followed]:
    """Return what came of the page on both releases, which takes as long as pip under emulation: both at once."""
    systems = (userland, build(tmp_path_factory.mktemp("trixie"), "trixie"))
    with ThreadPoolExecutor() as pool:
        found = pool.map(lambda system: follow(system, shipped_export.folder), systems)
    return {system.suite: one for system, one in zip(systems, found, strict=True)}


@pytest.mark.parametrize("suite", BOARDS)
def test_the_commands_of_the_page_end_in_a_label_and_a_report_that_says_emulated(
    followed: dict[str, Followed], suite: str
) -> None:
    ran = followed[suite]
    assert ran.last.returncode == 0, f"{list(ran.printed)[-1]}\n{ran.last.stdout}{ran.last.stderr}"
    assert len(ran.printed) == 6
    (predicted,) = (text for line, text in ran.printed.items() if " predict " in line)
    sample = load_test_sample()
    assert sample.labels is not None
    assert sample.class_names[int(sample.labels[0])] in predicted
    result = read_result(ran.home / "report" / "result.json")
    assert result.machine.emulated
    assert (result.machine.python or "").startswith(PYTHONS[suite])
    assert {case.case.backend for case in result.cases} == {"litert", "onnxruntime"}
    assert "emulated" in (ran.home / "report" / "report.md").read_text()
