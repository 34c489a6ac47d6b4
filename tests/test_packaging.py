"""The wheel and the sdist have everything, and work without the source."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = {"edgecnn": "edgecnn", "export": "edgecnn/export", "bench": "edgecnn/bench"}


def source_files() -> set[str]:
    """Return every file that belongs into the wheel, by its path there, from what git tracks or would track."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *FOLDERS]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    found = set()
    for name in listed:
        top, _, rest = name.partition("/")
        if (ROOT / name).is_file() and not (ROOT / name).is_symlink():
            found.add(f"{FOLDERS[top]}/{rest}")
    return found


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with an sdist, and the wheel that was built from it."""
    out = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "build", "--outdir", out, ROOT], check=True, capture_output=True)
    return out


def test_every_folder_with_code_is_listed_as_a_package() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    folders = {str(Path(name).parent) for name in source_files() if name.endswith(".py")}
    assert {name.replace(".", "/") for name in listed} == folders


@pytest.mark.slow
def test_the_wheel_has_every_file_and_no_other(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert packed == source_files()


@pytest.mark.slow
def test_the_sdist_has_the_sources_once_and_what_people_read(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"README.md", "LICENSE", "pyproject.toml", "export/__init__.py", "bench/__init__.py"} <= names
    assert not [name for name in names if name.startswith(("edgecnn/export/", "edgecnn/bench/"))]


@pytest.mark.slow
def test_the_wheel_with_the_litert_extra_alone_classifies_and_brings_no_tensorflow(built: Path, tmp_path: Path) -> None:
    (wheel,) = built.glob("*.whl")
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / "bin" / "python"
    subprocess.run(
        [python, "-m", "pip", "install", "-q", f"edgecnn[litert] @ {wheel.as_uri()}", "-c", ROOT / "constraints.txt"],
        check=True,
        capture_output=True,
    )
    script = (
        "import PIL.Image, importlib.util, edgecnn.data.sample as s\n"
        "assert importlib.util.find_spec('tensorflow') is None and importlib.util.find_spec('onnxruntime') is None\n"
        "assert 'site-packages' in s.__file__\n"
        "sample = s.load_test_sample()\n"
        "PIL.Image.fromarray(sample.images[0]).save('picture.png')\n"
        "print(sample.class_names[sample.labels[0]])"
    )
    label = subprocess.run(
        [python, "-I", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    program = tmp_path / "env" / "bin" / "edgecnn"
    command: list[str | Path] = [program, "predict", "picture.png", "--top", "1"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ran.stdout.startswith(label.strip())
    missing = subprocess.run([program, "export"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert missing.returncode == 1
    assert "pip install 'edgecnn[export]'" in missing.stderr.splitlines()[-1]
