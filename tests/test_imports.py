"""What is light stays light."""

from __future__ import annotations

import ast
import importlib.util
import pkgutil
import subprocess
import sys
from collections.abc import Collection, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import edgecnn

HEAVY = (
    "tensorflow",
    "keras",
    "onnx",
    "tf2onnx",
    "onnxruntime",
    "ai_edge_litert",
    "ai_edge_quantizer",
    "tflite_runtime",
    "matplotlib",
)

BLOCKED = f"""
import sys
class Block:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {HEAVY!r}:
            raise ImportError(f"{{name}} must not be imported here")
sys.meta_path.insert(0, Block())
"""


def run(script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)


def test_every_module_imports_without_any_heavy_package() -> None:
    script = BLOCKED + (
        "import importlib, pkgutil, edgecnn\n"
        "names = [one.name for one in pkgutil.walk_packages(edgecnn.__path__, 'edgecnn.')]\n"
        "assert len(names) > 60, names\n"
        "[importlib.import_module(name) for name in names if not name.endswith('__main__')]\n"
    )
    ended = run(script)
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["backends"], ["export", "--help"], ["--version"]], ids=" ".join)
def test_light_commands_run_without_any_heavy_package(arguments: list[str]) -> None:
    ended = run(
        f"import sys\nfrom edgecnn.cli.app import run\nassert run({arguments!r}) == 0\n"
        f"assert not set({HEAVY!r}) & set(sys.modules), set({HEAVY!r}) & set(sys.modules)"
    )
    assert ended.returncode == 0, ended.stderr


def test_importing_edgecnn_does_not_even_import_numpy() -> None:
    ended = run("import sys, edgecnn\nassert 'numpy' not in sys.modules\nassert edgecnn.__version__")
    assert ended.returncode == 0, ended.stderr


def test_the_public_names_are_these() -> None:
    assert edgecnn.__all__ == ["Classifier", "Contract", "EdgecnnError", "__version__", "load", "read_contract"]
    for name in edgecnn.__all__:
        assert getattr(edgecnn, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'laod'"):
        edgecnn.laod  # noqa: B018


def imported(tree: ast.AST, modules: Collection[str]) -> Iterator[str]:
    """Yield which of the modules one imports anywhere: in functions and for type checkers, too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if name in modules else str(node.module) for name in names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_no_imports_lead_in_a_circle() -> None:
    """An import inside a function would only hide one. Tables name functions as text, which is no import."""
    trees: dict[str, ast.AST] = {}
    for module in pkgutil.walk_packages(edgecnn.__path__, "edgecnn."):
        spec = importlib.util.find_spec(module.name)
        assert spec is not None
        assert spec.origin is not None
        trees[module.name] = ast.parse(Path(spec.origin).read_text())
    graph = {name: {*imported(tree, trees)} & trees.keys() for name, tree in trees.items()}
    assert "edgecnn.contract" in graph["edgecnn.runtime.load"]
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


@pytest.mark.parametrize("name", ["export", "bench"])
def test_the_folders_export_and_bench_cannot_be_imported_by_their_bare_names(name: str) -> None:
    """From the root of the repository they would shadow other packages of these names."""
    ended = run(f"import sys\nsys.path.insert(0, '.')\nimport {name}")
    assert ended.returncode == 1
    assert f"imported as `edgecnn.{name}`" in ended.stderr
