"""How a model file of any origin is fed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgecnn.contract import Contract, find_contract
from edgecnn.errors import ArtifactError
from edgecnn.model_options import ModelOptions

if TYPE_CHECKING:
    from pathlib import Path


def contract_of(path: Path, options: ModelOptions) -> Contract:
    """Return the contract in a model file, or for a file that edgecnn did not make what is stated about it.

    Raises:
        ArtifactError: no such file, damaged, or an artifact about which something else is stated.
        ContractError: nothing is stated about a foreign file, what is stated does not fit it, or it is no classifier.
        DataError: a label file cannot be used.
    """
    contract = find_contract(path)
    if contract is None:
        from edgecnn.runtime.foreign import foreign_contract  # more to import than most users need

        return foreign_contract(path, options)
    if options.feeding:
        raise ArtifactError(
            f"{path} says itself how it is fed; {', '.join(options.feeding)} cannot be stated for what edgecnn made"
        )
    return contract
