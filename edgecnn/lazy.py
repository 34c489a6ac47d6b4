"""Functions in tables, by name, so that reading a table imports nothing."""

from __future__ import annotations

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
        import importlib

        module, function = self.name.split(":")
        return getattr(importlib.import_module(module), function)
