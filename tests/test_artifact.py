"""A folder of artifacts is what its manifest says, or it is refused."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edgecnn.artifact import Entry, ImageSet, Manifest, Measured, open_artifact, open_folder, read_manifest
from edgecnn.contract import Contract, Origin, seal
from edgecnn.errors import ArtifactError, ContractError
from edgecnn.spec import Format, Precision

NAMES = {"tiny-float32.tflite": Format.TFLITE, "tiny-float32.onnx": Format.ONNX}
Change = Callable[[dict[str, Any]], None]


@pytest.fixture
def folder(payloads: dict[Format, bytes], contracts: dict[Format, Contract], tmp_path: Path) -> Path:
    """A folder of two artifacts and their manifest, which lists TFLite first."""
    entries = []
    for name, file_format in NAMES.items():
        content = seal(payloads[file_format], contracts[file_format])
        (tmp_path / name).write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        entries.append(Entry(name, file_format, Precision.FLOAT32, len(content), digest, Measured(10, 9, 10, 0.0)))
    (tmp_path / "manifest.json").write_bytes(_manifest(tuple(entries)).to_json())
    return tmp_path


def _manifest(entries: tuple[Entry, ...]) -> Manifest:
    return Manifest(
        origin=Origin("tiny", "0" * 64),
        source="tiny.keras",
        parameters=36,
        keras=Measured(10, 9, 10, 0.0),
        evaluation=ImageSet("sample", 1, "1" * 64, ("test/1",)),
        calibration=None,
        artifacts=entries,
        made_with={},
    )


def _edit(folder: Path, change: Change) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))


def test_a_whole_folder_gives_its_manifest(folder: Path) -> None:
    manifest = read_manifest(str(folder))
    assert [entry.file for entry in manifest.artifacts] == list(NAMES)
    assert manifest == _manifest(manifest.artifacts)


def test_a_folder_opens_in_the_manifests_order(folder: Path, contracts: dict[Format, Contract]) -> None:
    assert [artifact.path for artifact in open_folder(folder).artifacts] == [folder / name for name in NAMES]
    _edit(folder, lambda manifest: manifest["artifacts"].reverse())
    opened = open_folder(folder).artifacts
    assert [artifact.path for artifact in opened] == [folder / name for name in reversed(NAMES)]
    assert [artifact.contract for artifact in opened] == [contracts[Format.ONNX], contracts[Format.TFLITE]]


def test_one_file_opens_without_a_manifest(folder: Path, contracts: dict[Format, Contract]) -> None:
    (folder / "manifest.json").unlink()
    path = folder / "tiny-float32.onnx"
    artifact = open_artifact(str(path))
    assert (artifact.path, artifact.contract) == (path, contracts[Format.ONNX])


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"^no such folder: .*/nowhere$"):
        read_manifest(tmp_path / "nowhere")


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ArtifactError, match=r"^no such folder: .*/file$"):
        read_manifest(tmp_path / "file")


def test_a_folder_without_a_manifest_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"has no manifest.json; make one: `edgecnn export"):
        read_manifest(tmp_path)


def test_a_manifest_that_is_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").mkdir()
    with pytest.raises(ArtifactError, match=r"cannot read .*manifest\.json"):
        read_manifest(tmp_path)


def test_a_manifest_cut_short_anywhere_is_refused(folder: Path) -> None:
    path = folder / "manifest.json"
    content = path.read_bytes()
    for length in range(len(content) - 1):  # the last byte only ends the line
        path.write_bytes(content[:length])
        with pytest.raises(ArtifactError, match=r"cannot read .*manifest\.json: not JSON"):
            read_manifest(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda manifest: manifest.update(schema_version=3), "schema version 3 is newer than 2; update edgecnn"),
        (lambda manifest: manifest.pop("origin"), "origin is missing"),
        (lambda manifest: manifest.update(artifacts=None), "artifacts is NoneType, not tuple"),
        (lambda manifest: manifest["artifacts"][1].pop("sha256"), r"artifacts\[1\]\.sha256 is missing"),
        (lambda manifest: manifest["artifacts"][0].update(format="exe"), r"artifacts\[0\]\.format is 'exe'"),
    ],
    ids=["newer", "missing", "null", "entry", "format"],
)
def test_a_manifest_that_does_not_fit_names_the_field(folder: Path, change: Change, message: str) -> None:
    _edit(folder, change)
    with pytest.raises(ArtifactError, match=rf"^cannot read .*manifest\.json: {message}"):
        read_manifest(folder)


def test_a_missing_artifact_is_named(folder: Path) -> None:
    (folder / "tiny-float32.onnx").unlink()
    with pytest.raises(ArtifactError, match=r"names tiny-float32\.onnx, which is missing; export again"):
        read_manifest(folder)


def test_a_changed_artifact_is_named(folder: Path) -> None:
    path = folder / "tiny-float32.onnx"
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.write_bytes(content)
    with pytest.raises(ArtifactError, match=r"tiny-float32\.onnx is not the file that manifest\.json describes"):
        read_manifest(folder)


def test_an_artifact_of_another_export_is_refused_though_it_is_whole(
    folder: Path, payloads: dict[Format, bytes], contracts: dict[Format, Contract]
) -> None:
    path = folder / "tiny-float32.onnx"
    path.write_bytes(seal(payloads[Format.ONNX], replace(contracts[Format.ONNX], labels=("a", "b", "c"))))
    open_artifact(path)
    with pytest.raises(ArtifactError, match="SHA-256 differs"):
        open_folder(folder)


def test_a_listed_file_without_a_contract_is_refused_when_it_is_opened(folder: Path) -> None:
    content = b"\x08\x08"
    (folder / "tiny-float32.onnx").write_bytes(content)
    _edit(folder, lambda manifest: manifest["artifacts"][1].update(sha256=hashlib.sha256(content).hexdigest()))
    read_manifest(folder)
    with pytest.raises(ContractError, match="has no contract"):
        open_folder(folder)


@pytest.mark.parametrize("name", ["..", ".", "", "../x.onnx", "a/b.onnx", "/etc/hostname", "./tiny-float32.onnx", "a/"])
def test_a_name_that_leads_elsewhere_is_refused_before_it_is_looked_at(folder: Path, name: str) -> None:
    _edit(folder, lambda manifest: manifest["artifacts"][0].update(file=name))
    with pytest.raises(ArtifactError, match="not a plain file name"):
        read_manifest(folder)


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b", "\ud800"], ids=["long", "nul", "surrogate"])
def test_a_name_that_no_file_can_have_is_refused(folder: Path, name: str) -> None:
    _edit(folder, lambda manifest: manifest["artifacts"][0].update(file=name))
    with pytest.raises(ArtifactError):
        read_manifest(folder)


def test_a_listed_folder_is_no_artifact(folder: Path) -> None:
    (folder / "sub").mkdir()
    _edit(folder, lambda manifest: manifest["artifacts"][0].update(file="sub"))
    with pytest.raises(ArtifactError, match="names sub, which is missing"):
        read_manifest(folder)
