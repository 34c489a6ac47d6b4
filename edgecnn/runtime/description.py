"""Describing how to feed a model file of any origin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgecnn.contract import Contract, find_contract, read_model_file
from edgecnn.errors import ArtifactError
from edgecnn.feeding import Feeding

if TYPE_CHECKING:
    from pathlib import Path

    from edgecnn.runtime.foreign import ForeignDescription


def describe_model(path: Path, feeding: Feeding = Feeding()) -> Contract | ForeignDescription:
    """Return the contract in a model file, or the stated description of a file that edgecnn did not make.

    The model is not run. A foreign file whose scores are not stated has no complete contract yet.

    Raises:
        ArtifactError: no such file, damaged, or an artifact about which something else is stated.
        ContractError: nothing is stated about a foreign file, the statements do not fit it, or it is not a classifier.
        DataError: a label file cannot be used.
    """
    content = read_model_file(path)
    contract = find_contract(content, path)
    if contract is None:
        from edgecnn.runtime.foreign import describe_foreign  # more to import than most users need

        return describe_foreign(path, content, feeding)
    if feeding.stated:
        raise ArtifactError(
            f"{path} says itself how it is fed; {', '.join(feeding.stated)} cannot be stated for what edgecnn made"
        )
    return contract
