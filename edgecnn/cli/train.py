"""`edgecnn train`."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import click

from edgecnn.cli.options import OneOf
from edgecnn.models.registry import ARCHITECTURES, DEFAULT
from edgecnn.train.recipe import RECIPES

_RECIPE_HELP = "; ".join(f"{name}: {recipe.description}" for name, recipe in RECIPES.items())


@click.command("train")
@click.argument("architecture", type=OneOf(ARCHITECTURES), default=DEFAULT)
@click.option("--recipe", type=OneOf(RECIPES), default="tutorial", show_default=True, help=_RECIPE_HELP + ".")
@click.option("--epochs", type=click.IntRange(1), help="Instead of the recipe's number.")
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Of weights, order and augmentation."
)
@click.option(
    "--holdout",
    type=click.IntRange(0, 40_000),
    default=0,
    show_default=True,
    help="Training images kept apart to validate on.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder for the results.  [default: runs/ARCHITECTURE-RECIPE]"
)
def command(architecture: str, recipe: str, epochs: int | None, seed: int, holdout: int, out: Path | None) -> int:
    """Train ARCHITECTURE on the full CIFAR-10 (see `edgecnn data fetch`).

    Writes model.keras, card.json, history.json and curves.png. Ctrl-C ends it early and keeps the best epoch:
    by validation accuracy with --holdout, else by training loss, since nothing is chosen on test images.
    """
    from edgecnn.files import check_writable
    from edgecnn.models.registry import architecture as builder
    from edgecnn.noise import output_to
    from edgecnn.train.run import train

    out = out or Path("runs") / f"{architecture}-{recipe}"
    check_writable(out)
    settings = RECIPES[recipe]
    if epochs is not None:
        settings = dataclasses.replace(settings, epochs=epochs)
    with output_to():  # TensorFlow announces itself
        untrained = builder(architecture)(10)
    untrained.summary()
    trained = train(
        architecture,
        recipe,
        settings,
        out,
        seed=seed,
        holdout=holdout,
        verbose=1 if sys.stdout.isatty() else 2,
    )
    card, test = trained.card, trained.card.test
    if trained.interrupted:
        click.echo(f"stopped: kept epoch {card.epochs}, the best so far")
    click.echo(f"top-1 {test.top1:.2%} ({test.correct:,} of {test.images:,}), loss {test.loss:.4f}, {test.data}")
    click.echo(f"wrote {trained.folder / 'model.keras'}, card.json, history.json, curves.png ({card.seconds:.0f} s)")
    return 130 if trained.interrupted else 0
