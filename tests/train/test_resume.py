"""A training that was stopped goes on as if it had not been."""

from __future__ import annotations

import dataclasses
import json
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgecnn.data.cifar10 import Cifar10Arrays
from edgecnn.data.dataset import Dataset
from edgecnn.data.sample import load_calibration_sample
from edgecnn.errors import TrainingError
from edgecnn.models.card import read_card
from edgecnn.models.registry import architecture, shipped_folder
from edgecnn.train.checkpoint import CHECKPOINT_NAME, State, Weights, read_state, write_state
from edgecnn.train.epoch_end import Epoch
from edgecnn.train.fit import fit
from edgecnn.train.recipe import RECIPES, Recipe
from tests.forks import Forks

ALL_IN_ONE = Recipe(
    "everything that has a state",
    epochs=3,
    batch_size=32,
    optimizer="adamw",
    schedule="one-cycle",
    weight_decay=0.02,
    augmentation="shift-and-flip",
    averaging=0.9,
)


class KilledError(Exception):
    """Stands for a kill in this process."""


def images(count: int = 64) -> Dataset:
    return load_calibration_sample().take(np.arange(count))


def with_batch_norm(class_count: int) -> Any:
    """Return a small model that has a state besides its trained weights."""
    import keras

    layers = keras.layers
    parts = [layers.Conv2D(8, 3, strides=4), layers.BatchNormalization(), layers.ReLU(), layers.Flatten()]
    return keras.Sequential([keras.Input((32, 32, 3)), *parts, layers.Dense(class_count, activation="softmax")])


def kill_after(number: int) -> Callable[[Epoch], None]:
    def report(epoch: Epoch, *_: str) -> None:
        if epoch.number == number:
            raise KilledError

    return report


def test_a_resumed_training_gives_the_weights_and_history_of_one_that_ran_through(tmp_path: Path) -> None:
    build, path = with_batch_norm, tmp_path / CHECKPOINT_NAME
    whole = fit(build, ALL_IN_ONE, images(), validation=images(), seed=5)
    with pytest.raises(KilledError):
        fit(build, ALL_IN_ONE, images(), seed=5, validation=images(), checkpoint=path, report=kill_after(1))
    state = read_state(path, {})
    assert state.epochs == 1
    resumed = fit(build, ALL_IN_ONE, images(), seed=5, validation=images(), state=state)
    for ran_through, went_on in zip(whole.model.get_weights(), resumed.model.get_weights(), strict=True):
        np.testing.assert_allclose(went_on, ran_through, rtol=1e-4, atol=1e-5)
    assert resumed.history["loss"] == pytest.approx(whole.history["loss"], rel=1e-4)
    assert resumed.epoch == 3
    assert resumed.seconds > state.seconds - 1e-9


def test_a_state_comes_back_as_it_was_written(tmp_path: Path) -> None:
    weights: Weights = [np.arange(6, dtype=np.float32).reshape(2, 3), np.array(7, np.int64)]
    state = State({"seed": "1"}, weights, weights[:1], [], weights[1:], 2, 0.5, {"loss": [3.0, 2.0]}, 4.5)
    write_state(tmp_path / "state", state)
    back = read_state(tmp_path / "state", {"seed": "1"})
    assert (back.identity, back.best_epoch, back.best, back.history, back.seconds, back.epochs) == (
        {"seed": "1"},
        2,
        0.5,
        {"loss": [3.0, 2.0]},
        4.5,
        2,
    )
    for name in ("weights", "optimizer", "averaged", "best_weights"):
        for old, new in zip(getattr(state, name), getattr(back, name), strict=True):
            np.testing.assert_array_equal(new, old)
            assert new.dtype == old.dtype


def test_another_trainings_state_is_refused_by_what_differs(tmp_path: Path) -> None:
    write_state(tmp_path / "state", State({"seed": "1", "architecture": "edge_s"}))
    with pytest.raises(TrainingError, match="seed '1', not '2'"):
        read_state(tmp_path / "state", {"architecture": "edge_s", "seed": "2"})


@pytest.mark.parametrize("content", [b"", b"not an archive", b"PK\x03\x04half"], ids=["empty", "text", "half"])
def test_a_damaged_state_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "state").write_bytes(content)
    with pytest.raises(TrainingError, match="damaged"):
        read_state(tmp_path / "state", {})


def test_resume_without_a_checkpoint_says_so(
    edgecnn: Callable[..., Any], small_cifar10: Cifar10Arrays, tmp_path: Path
) -> None:
    ran = edgecnn("train", "--resume", "--out", tmp_path / "run")
    assert ran.status == 1
    assert "nothing to resume" in ran.err
    assert not (tmp_path / "run").exists()


def test_a_training_that_was_stopped_is_not_written_over_without_a_word(
    edgecnn: Callable[..., Any], small_cifar10: Cifar10Arrays, tmp_path: Path
) -> None:
    write_state(tmp_path / CHECKPOINT_NAME, State({"seed": "0"}))
    before = (tmp_path / CHECKPOINT_NAME).read_bytes()
    ran = edgecnn("train", "--epochs", "1", "--out", tmp_path)
    assert (ran.status, "add --resume to continue" in ran.err) == (1, True)
    assert (tmp_path / CHECKPOINT_NAME).read_bytes() == before


def test_a_training_that_diverges_leaves_no_checkpoint_that_would_diverge_again(
    edgecnn: Callable[..., Any], small_cifar10: Cifar10Arrays, tmp_path: Path
) -> None:
    (tmp_path / "wild.toml").write_text('epochs = 9\nbatch_size = 64\noptimizer = "sgd"\nlearning_rate = 5.0\n')
    ran = edgecnn("train", "--recipe", tmp_path / "wild.toml", "--out", tmp_path / "run")
    assert (ran.status, "smaller learning_rate" in ran.err) == (1, True)
    assert not (tmp_path / "run" / CHECKPOINT_NAME).exists()


def test_resume_with_another_seed_is_refused(
    edgecnn: Callable[..., Any], small_cifar10: Cifar10Arrays, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edgecnn.cli.train._print_epoch", kill_after(1))
    with pytest.raises(KilledError):
        edgecnn("train", "--epochs", "2", "--out", tmp_path)
    monkeypatch.undo()
    assert (tmp_path / CHECKPOINT_NAME).exists()
    monkeypatch.setattr("edgecnn.train.split.load_arrays", lambda: small_cifar10)
    ran = edgecnn("train", "--epochs", "2", "--seed", "1", "--resume", "--out", tmp_path)
    assert ran.status == 1
    assert "seed '0', not '1'" in ran.err


def test_resume_with_another_teacher_under_the_same_name_is_refused(
    edgecnn: Callable[..., Any], small_cifar10: Cifar10Arrays, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    teacher, recipe = tmp_path / "mine.keras", tmp_path / "taught.toml"
    recipe.write_text(f'epochs = 2\nbatch_size = 64\nteacher = "{teacher}"\nteacher_share = 0.5\n')
    command = ("train", "--recipe", recipe, "--out", tmp_path / "run")
    shutil.copy(shipped_folder("tutorial_cnn") / "model.keras", teacher)
    monkeypatch.setattr("edgecnn.cli.train._print_epoch", kill_after(1))
    with pytest.raises(KilledError):
        edgecnn(*command)
    monkeypatch.undo()
    monkeypatch.setattr("edgecnn.train.split.load_arrays", lambda: small_cifar10)
    shutil.copy(shipped_folder("edge_s") / "model.keras", teacher)
    ran = edgecnn(*command, "--resume")
    assert (ran.status, "teacher_sha256" in ran.err) == (1, True)


SMALL_TRAINING = """
import numpy as np
import edgecnn.train.split
from edgecnn.data.cifar10 import Cifar10Arrays
from edgecnn.data.sample import load_calibration_sample
some = load_calibration_sample()
labels = some.labels.astype(np.uint8)
edgecnn.train.split.load_arrays = lambda: Cifar10Arrays(some.images, labels, some.images[:50], labels[:50])
"""


@pytest.mark.slow
def test_a_training_killed_with_sigkill_goes_on_from_its_last_finished_epoch(forks: Forks, tmp_path: Path) -> None:
    out, epochs = tmp_path / "run", 15
    arguments = ("train", "--epochs", str(epochs), "--out", out)
    training = forks.start(*arguments, before=SMALL_TRAINING)
    while not (out / CHECKPOINT_NAME).exists():
        time.sleep(0.01)
    training.kill()
    assert training.wait() == -signal.SIGKILL
    reached = read_state(out / CHECKPOINT_NAME, {}).epochs
    assert 1 <= reached < epochs
    resumed = forks.start(*arguments, "--resume", before=SMALL_TRAINING)
    assert resumed.wait() == 0
    printed = resumed.output.read_text()
    assert f"epoch {reached + 1} of {epochs}" in printed
    assert f"epoch {reached} of {epochs}" not in printed
    assert read_card(out / "card.json").epochs == epochs
    assert len(json.loads((out / "history.json").read_text())["loss"]) == epochs
    assert not (out / CHECKPOINT_NAME).exists()


def test_patience_stops_a_training_that_gets_no_better_and_keeps_the_best(tmp_path: Path) -> None:
    hopeless = dataclasses.replace(ALL_IN_ONE, epochs=40, learning_rate=0.0, averaging=0, patience=3)
    hopeless = dataclasses.replace(hopeless, schedule="constant", weight_decay=0, augmentation="none")
    fitted = fit(
        architecture("tutorial_cnn"), hopeless, images(64), validation=images(64), chooses_by_validation=True, seed=1
    )
    assert len(fitted.history["loss"]) == 4  # the first, and three that were not better
    assert (fitted.epoch, fitted.interrupted) == (1, False)


def test_patience_without_held_out_images_is_refused(
    edgecnn: Callable[..., Any], small_cifar10: Cifar10Arrays, tmp_path: Path
) -> None:
    ran = edgecnn("train", "--patience", "2", "--out", tmp_path / "run")
    assert ran.status == 1
    assert "--holdout" in ran.err


def test_no_recipe_stops_early_by_itself() -> None:
    assert not any(recipe.patience for recipe in RECIPES.values())


def test_patience_keeps_the_best_epoch_where_all_epochs_ran(monkeypatch: pytest.MonkeyPatch) -> None:
    from edgecnn.train.epoch_end import EpochEnd

    accuracies = iter((0.2, 0.6, 0.5, 0.4))
    end = EpochEnd._end

    def scripted(self: EpochEnd, values: dict[str, float], epochs: int) -> None:
        end(self, {**values, "val_accuracy": next(accuracies)}, epochs)

    monkeypatch.setattr(EpochEnd, "_end", scripted)
    recipe = dataclasses.replace(ALL_IN_ONE, epochs=4, patience=3)
    fitted = fit(with_batch_norm, recipe, images(), validation=images(), chooses_by_validation=True, seed=1)
    assert (len(fitted.history["loss"]), fitted.epoch) == (4, 2)
