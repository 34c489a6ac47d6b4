"""All of CIFAR-10 in the user's cache folder: four .npy files, checked each time they are read.

The folder is `$EDGECNN_CACHE`, else `$XDG_CACHE_HOME/edgecnn`, else `~/.cache/edgecnn`.
"""

from __future__ import annotations

import os
from dataclasses import fields
from pathlib import Path

import numpy as np
import numpy.typing as npt

from edgecnn.data.cifar10 import OFFICIAL, Cifar10Arrays, Fingerprint, check, to_dataset
from edgecnn.data.dataset import Dataset
from edgecnn.errors import DataError
from edgecnn.files import staging_folder


def cache_folder() -> Path:
    """Return the folder for downloaded data; it need not exist.

    Raises:
        DataError: the user has no home folder, and none of the variables is set.
    """
    if chosen := os.environ.get("EDGECNN_CACHE"):
        return Path(chosen).expanduser()
    base = os.environ.get("XDG_CACHE_HOME")
    try:
        return (Path(base) if base else Path("~/.cache").expanduser()) / "edgecnn"
    except RuntimeError as error:
        raise DataError("this user has no home folder; set EDGECNN_CACHE to a folder for downloaded data") from error


def cifar10_folder() -> Path:
    """Return the folder of all of CIFAR-10; it exists only after a fetch."""
    return cache_folder() / "cifar10"


def store(arrays: Cifar10Arrays, expected: Fingerprint = OFFICIAL) -> Path:
    """Check `arrays`, write them to the cache, and return the folder.

    Raises:
        DataError: they are not the expected ones; the cache is unchanged.
        OutputError: the cache cannot be written to.
    """
    check(arrays, expected)
    target = cifar10_folder()
    with staging_folder(target) as staging:
        for field in fields(Cifar10Arrays):
            np.save(staging / f"{field.name}.npy", getattr(arrays, field.name))
        if target.exists():
            for file in staging.iterdir():
                file.replace(target / file.name)
        else:
            staging.rename(target)
    return target


def load_arrays(expected: Fingerprint = OFFICIAL) -> Cifar10Arrays:
    """Return the cached arrays.

    Raises:
        DataError: nothing was fetched yet, or the cache is damaged.
    """
    folder = cifar10_folder()
    try:
        arrays = Cifar10Arrays(
            **{field.name: _read_npy(folder / f"{field.name}.npy") for field in fields(Cifar10Arrays)}
        )
        check(arrays, expected)
    except FileNotFoundError as error:
        raise DataError(f"the full CIFAR-10 is not in {folder}; get it with `edgecnn data fetch`") from error
    except DataError as error:
        raise DataError(f"the cache in {folder} is damaged; run `edgecnn data fetch` again") from error
    except Exception as error:  # NumPy may raise anything on a damaged file; the user needs one line
        raise DataError(f"the cache in {folder} is damaged ({error}); run `edgecnn data fetch` again") from error
    return arrays


def load_full(split: str) -> Dataset:
    """Return all training ("train", 50,000) or test ("test", 10,000) images.

    Raises:
        DataError: as for `load_arrays`.
    """
    return to_dataset(load_arrays(), split)


def _read_npy(path: Path) -> npt.NDArray[np.uint8]:
    with path.open("rb") as file:
        return np.asarray(np.lib.format.read_array(file, allow_pickle=False))
