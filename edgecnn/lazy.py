"""Names that are imported when they are first used, so that tables and packages that have them stay light."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from typing import Any


class Lazy:
    """A function that is imported when it is first called."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        """Name the function: "module:function"."""
        self.name = name

    def __call__(self, *args: Any, **options: Any) -> Any:
        """Call the function."""
        return self.resolve()(*args, **options)

    def resolve(self) -> Any:
        """Return the function."""
        module, function = self.name.split(":")
        return getattr(importlib.import_module(module), function)


def lazy_names(package: str, homes: dict[str, str]) -> Callable[[str], Any]:
    """Return the `__getattr__` of a package (see PEP 562) that imports its public names when they are first used.

    Args:
        package: `__name__` of the package.
        homes: the module of each name.
    """

    def get(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(homes[name]), name)
        setattr(sys.modules[package], name, value)
        return value

    return get
