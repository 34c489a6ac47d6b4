"""What the README says is so."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from edgecnn.cli.app import COMMANDS
from edgecnn.data.sample import load_test_sample
from edgecnn.models.card import read_card
from edgecnn.models.registry import shipped_folder
from tools.evidence import EVIDENCE, ROOT
from tools.release.fill_readme import README, REPORT, filled, report

TEXT = README.read_text()


def block_behind(marker: str) -> str:
    found = re.search(rf"<!-- {marker} -->\n```\n(.*?)```", TEXT, re.DOTALL)
    assert found, marker
    return found[1]


@pytest.mark.parametrize(("marker", "ending"), [("main", "edgecnn demo\n"), ("tests", "python -m pytest\n")])
def test_the_two_commands_are_whole(marker: str, ending: str) -> None:
    """`.ci/run` takes them from here and runs them."""
    command = block_behind(marker)
    assert command.startswith("python3 -m venv .venv && .venv/bin/pip install")
    assert "-c constraints.txt" in command
    assert command.endswith(ending)
    assert f"readme_command {marker}" in (ROOT / ".ci" / "run").read_text()


def test_every_figure_is_that_of_its_result_file() -> None:
    assert filled(TEXT) == TEXT
    assert report() == REPORT.read_text()


def test_the_shipped_accuracy_is_the_cards() -> None:
    card = read_card(shipped_folder("tutorial_cnn") / "card.json")
    assert f"| {card.test.top1:.2%} | 100.00% |" in TEXT
    assert f"recipe `{card.recipe}`, {card.epochs} epochs" in TEXT
    assert f"{card.parameters:,} parameters" in TEXT
    assert f"{card.test.top1 * 100:.2f} %" in (ROOT / "CHANGELOG.md").read_text()


def test_the_tutorial_recipes_accuracy_is_that_of_its_run() -> None:
    folder = EVIDENCE / "tutorial-recipe"
    card = read_card(folder / "card.json")
    shown = json.loads((folder / "history.json").read_text())["val_accuracy"]
    assert (card.recipe, card.seed, card.epochs) == ("tutorial", 0, 10)
    assert f"up to {100 * max(shown):.2f} %" in TEXT
    assert f"tenth epoch at {100 * card.test.top1:.2f} %" in TEXT


def test_the_commands_for_a_raspberry_pi_are_those_that_are_run_on_an_emulated_one() -> None:
    page = (ROOT / "docs" / "raspberry-pi.md").read_text()
    run = "".join(re.findall(r"<!-- pi -->\n```\n(.*?)```", page, re.DOTALL))
    assert block_behind("pi") == run
    assert "edgecnn/bin/edgecnn predict" in run


def test_every_command_is_told() -> None:
    assert [name for name in COMMANDS if f"edgecnn {name}" not in TEXT] == []


def test_every_linked_file_is_there() -> None:
    links = re.findall(r"\]\((?!http)([^)]+)\)", TEXT)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_python_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    found = re.search(r"```python\n(.*?)```", TEXT, re.DOTALL)
    assert found
    (tmp_path / "out").mkdir()
    shutil.copy(shipped_folder("tutorial_cnn") / "tutorial_cnn-int8.tflite", tmp_path / "out" / "my-int8.tflite")
    Image.fromarray(load_test_sample().images[0]).resize((300, 200)).save(tmp_path / "cat.jpg")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(found[1], names)
    assert names["scores"].shape == (2, 10)
    assert "Answer(label=" in capsys.readouterr().out
