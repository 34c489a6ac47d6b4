"""`edgecnn train`."""

from __future__ import annotations

import contextlib
import dataclasses
from pathlib import Path
from typing import Any

import click

from edgecnn.cli.option_types import SEED, OneOf
from edgecnn.cli.screen import print_line
from edgecnn.models.registry import ARCHITECTURES, DEFAULT
from edgecnn.train.epoch_end import Epoch, EpochListener
from edgecnn.train.recipe import RECIPES
from edgecnn.train.recipe_file import RECIPE_SUFFIX

_RECIPE_HELP = "; ".join(f"{name}: {recipe.description}" for name, recipe in RECIPES.items())


class RecipeName(OneOf):
    """A recipe name, or a TOML file with a recipe."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name or path."""
        return value if str(value).endswith(RECIPE_SUFFIX) else super().convert(value, param, ctx)


@click.command("train")
@click.argument("architecture", type=OneOf(ARCHITECTURES), default=DEFAULT)
@click.option(
    "--recipe",
    type=RecipeName(RECIPES),
    default="tutorial",
    show_default=True,
    help=_RECIPE_HELP + "; or a .toml file with your own settings.",
)
@click.option("--epochs", type=click.IntRange(1), help="Epochs to train, instead of the recipe's.")
@click.option("--seed", type=SEED, default=0, show_default=True, help="Seed for weights, order and augmentation.")
@click.option(
    "--holdout",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Training images to set aside for validation.",
)
@click.option(
    "--patience", type=click.IntRange(1), help="Stop after this many epochs without improvement on held-out images."
)
@click.option("--data", help="Your own images: a folder with one sub-folder per class, or an .npz file.")
@click.option("--test", help="Images for the final test of --data.  [default: a tenth of them, set aside]")
@click.option("--teacher", help="Teacher, a shipped model or .keras file, instead of the recipe's.")
@click.option("--start", default="", help="Start from the weights of a shipped model or a .keras file (fine-tuning).")
@click.option("--resume", is_flag=True, help="Continue a stopped training from its last finished epoch.")
@click.option("--tensorboard", type=click.Path(path_type=Path), help="Folder for TensorBoard logs.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder for the results.  [default: runs/ARCHITECTURE-RECIPE]"
)
def command(
    architecture: str,
    recipe: str,
    epochs: int | None,
    seed: int,
    holdout: int,
    patience: int | None,
    data: str | None,
    test: str | None,
    teacher: str | None,
    start: str,
    resume: bool,
    tensorboard: Path | None,
    out: Path | None,
) -> int:
    """Train ARCHITECTURE on the full CIFAR-10 (see `edgecnn data fetch`) or on your own images.

    Writes model.keras, card.json, history.json and pictures. Ctrl-C ends it early and keeps the best epoch: by
    validation accuracy with --holdout, else by training loss, because test images must not choose the model.
    --resume with the same settings continues a stopped or killed training. The model kept at the end or after a stop
    is evaluated on the test images, so --resume after Ctrl-C evaluates on them again.
    """
    from edgecnn.device.machine import read_machine
    from edgecnn.files import check_writable
    from edgecnn.redirect import output_to
    from edgecnn.train.plan import make_plan
    from edgecnn.train.recipe_file import find_recipe
    from edgecnn.train.run import train

    if test and not data:
        raise click.UsageError("--test goes with --data")
    name, settings = find_recipe(recipe)
    if teacher and not settings.teacher:
        raise click.UsageError(f"recipe {name} has no teacher that --teacher could replace; edge-distilled has one")
    settings = dataclasses.replace(
        settings,
        epochs=epochs or settings.epochs,
        patience=patience or settings.patience,
        teacher=teacher or settings.teacher,
    )
    out = out or Path("runs") / f"{architecture}-{name}"
    check_writable(out)
    if tensorboard:
        check_writable(tensorboard)
    with output_to():  # TensorFlow prints banners
        plan = make_plan(architecture, name, settings, data=data, test=test, holdout=holdout, seed=seed, start=start)
        untrained = plan.build()
    untrained.summary()
    trained = train(
        plan,
        out,
        resume=resume,
        hardware=read_machine().cpu or "",
        report=_report(tensorboard, "test" if plan.shows_test else "validation"),
    )
    card, score = trained.card, trained.card.test
    if trained.interrupted:
        print_line(f"stopped: kept epoch {card.epochs}, the best so far; --resume continues")
    print_line(f"top-1 {score.top1:.2%} ({score.correct:,} of {score.images:,}), loss {score.loss:.4f}, {score.data}")
    print_line(
        f"wrote {trained.folder / 'model.keras'}, card.json, history.json, curves.png, confusion.png, mistakes.png "
        f"({card.seconds:.0f} s)"
    )
    return 130 if trained.interrupted else 0


def _report(tensorboard: Path | None, validated_on: str) -> EpochListener:
    """Return the callback for each epoch; `validated_on` names the images of the second accuracy."""
    from edgecnn.train.tensorboard import log_to

    log = log_to(tensorboard) if tensorboard else None

    def report(epoch: Epoch) -> None:
        with contextlib.suppress(BrokenPipeError):  # a reader that has gone, such as `head`, does not end the training
            _print_epoch(epoch, validated_on)
        if log:
            log(epoch)

    return report


def _print_epoch(epoch: Epoch, validated_on: str) -> None:
    values = epoch.values
    validated = f"  {validated_on} {values['val_accuracy']:.2%}" if "val_accuracy" in values else ""
    print_line(
        f"epoch {epoch.number} of {epoch.of}  loss {values['loss']:.4f}  accuracy {values['accuracy']:.2%}{validated}"
        f"  {epoch.seconds:.0f} s  {epoch.seconds_left / 60:.0f} min left"
    )
