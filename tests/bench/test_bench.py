"""The benchmark on real artifacts, runtimes and processes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edgecnn.artifact import read_manifest
from edgecnn.bench.api import bench
from edgecnn.bench.case import Role
from edgecnn.bench.findings import find
from edgecnn.bench.journal import JOURNAL_NAME
from edgecnn.bench.plan import plan
from edgecnn.bench.reports import write_reports
from edgecnn.bench.result import read_result
from edgecnn.bench.settings import Settings
from edgecnn.bench.summary import summarise
from edgecnn.errors import ArtifactError, MeasurementError


@pytest.fixture(scope="module")
def report(shipped_export: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    settings = Settings(processes=1, rounds=3, min_samples=12, min_seconds=0.1, max_warm_up_seconds=0.3, frames=3)
    settings = replace(settings, timeout=3000.0)  # on a busy machine, 64 images through `Model.predict` take long
    write_reports(find(bench((shipped_export.folder,), settings=settings, folder=folder)), folder)
    return folder


def test_every_artifact_runs_on_every_runtime_next_to_keras_in_three_ways_and_once_more(report: Path) -> None:
    result = read_result(report / "result.json")
    assert [one.error for one in result.cases] == [None] * len(result.cases)
    roles = {one.case.name: one.case.role for one in result.cases}
    assert [name for name, role in roles.items() if role is Role.BASELINE] == ["tutorial_cnn in Keras"]
    assert [name for name, role in roles.items() if role is Role.REFERENCE] == [
        "tutorial_cnn in Keras, plain call",
        "tutorial_cnn in Keras, Model.predict",
    ]
    assert list(roles.values()).count(Role.TWIN) == 1
    assert {"tutorial_cnn-int8.tflite on litert", "tutorial_cnn-int8.onnx on onnxruntime"} < set(roles)
    assert not (report / JOURNAL_NAME).exists()


def test_every_figure_of_a_real_case_is_there_and_plausible(report: Path) -> None:
    result = read_result(report / "result.json")
    for one in summarise(result):
        latency, cold = one.latency, one.cold
        assert 0 < latency.minimum <= latency.p50.value <= latency.p99
        assert 0 < latency.p50.low <= latency.p50.value <= latency.p50.high
        assert latency.p50.value <= latency.p90.value
        assert cold.start > 0
        assert min(cold.imports, cold.load, cold.first) > 0
        assert cold.total.value > cold.load
        assert one.end_to_end is not None
        assert min(one.end_to_end.stages) > 0
        assert (one.paced is not None) == one.case.is_artifact
        assert one.memory.peak is not None
        assert one.memory.peak > 1_000_000
        assert one.raw.runtime_bytes is not None
        assert one.raw.runtime_bytes > 10_000_000
        assert [batch.size for batch in one.throughput][:3] == [1, 8, 64]
    assert max(sorted(result.timer_ns)[:1900]) < 100_000
    assert [moment.sample.seconds for moment in result.timeline] == sorted(
        moment.sample.seconds for moment in result.timeline
    )


def test_the_benchmarks_accuracy_is_the_manifests(report: Path, shipped_export: Any) -> None:
    """The bench computes it anew, in other processes."""
    manifest = read_manifest(shipped_export.folder)
    expected = {entry.file: entry.measured.correct for entry in manifest.artifacts}
    summaries = summarise(read_result(report / "result.json"))
    for one in summaries:
        assert one.accuracy is not None
        correct = round(one.accuracy.top1.value * manifest.keras.images)
        assert one.accuracy.top5 is not None
        assert one.accuracy.top5.value > one.accuracy.top1.value
        assert correct == expected.get(Path(one.case.path).name, manifest.keras.correct)


def test_the_report_says_what_to_deploy_and_how_it_was_measured(report: Path) -> None:
    text = (report / "report.md").read_text()
    assert "Deploy tutorial_cnn-" in text
    assert "## How it was measured" in text
    assert "onnxruntime" in text


def test_a_file_on_its_own_finds_its_shipped_original(shipped_export: Any) -> None:
    planned = plan((shipped_export.folder / "tutorial_cnn-int8.tflite",), threads=(2, 4))
    assert planned.cases[0].backend == "keras"
    assert {case.threads for case in planned.cases if case.backend == "keras"} == {2}
    assert {case.threads for case in planned.cases if case.is_artifact} == {2, 4}
    assert len({case.name for case in planned.cases}) == len(planned.cases)


def test_without_its_original_the_float32_file_is_the_baseline(own: Any, tmp_path: Path) -> None:
    from edgecnn.export import export_model
    from edgecnn.spec import ExportSpec, Format

    copy = tmp_path / "copy.keras"
    copy.write_bytes(own.model.read_bytes())
    export_model(
        str(copy),
        tmp_path / "out",
        ExportSpec((Format.TFLITE,)),
        calibration=str(own.calibration),
        evaluation=str(own.evaluation),
    )
    copy.unlink()
    planned = plan((tmp_path / "out",), threads=(1,))
    assert [case.name for case in planned.cases if case.role is Role.BASELINE] == ["copy-float32.tflite on litert"]
    assert "copy.keras is not here any more" in planned.notes[0]


def test_artifacts_of_different_tasks_are_not_compared(shipped_export: Any, own: Any, tmp_path: Path) -> None:
    from edgecnn.export import export_model
    from edgecnn.spec import ExportSpec, Format, Precision

    export_model(
        str(own.model),
        tmp_path / "out",
        ExportSpec((Format.TFLITE,), (Precision.FLOAT32,)),
        calibration=str(own.calibration),
        evaluation=str(own.evaluation),
    )
    with pytest.raises(MeasurementError, match="different tasks"):
        plan((shipped_export.folder, tmp_path / "out"), threads=(1,))


def test_the_command_measures_chosen_backends_only(
    edgecnn: Callable[..., Any], shipped_export: Any, tmp_path: Path
) -> None:
    short = ("--processes", "1", "--rounds", "6", "--min-samples", "12", "--min-seconds", "0.05")
    ran = edgecnn("bench", shipped_export.folder, "--backends", "litert", *short, "--out", tmp_path, "--json")
    assert ran.status == 0
    found = json.loads(ran.out)
    assert {one["case"]["backend"] for one in found["cases"]} == {"litert"}
    assert "tutorial_cnn-int8.onnx was left out" in " ".join(read_result(tmp_path / "result.json").notes)
    assert (tmp_path / "report.md").is_file()


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("nowhere",), 1, "no such model file: nowhere"),
        ((".",), 1, "has no manifest.json"),
        (("--backends", "litrt"), 2, "did you mean 'litert'"),
        (("--rounds", "1"), 2, "--rounds"),
    ],
    ids=["missing", "no manifest", "backend", "too few rounds"],
)
def test_bad_input_is_one_line(
    edgecnn: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    status: int,
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = edgecnn("bench", *arguments, "--out", tmp_path / "report")
    assert (ran.status, ran.out) == (status, "")
    assert words in ran.err.splitlines()[-1]
    assert not (tmp_path / "report").exists()


def test_a_folder_whose_file_was_changed_is_refused(shipped_export: Any, tmp_path: Path) -> None:
    import shutil

    folder = shutil.copytree(shipped_export.folder, tmp_path / "copy")
    path = folder / "tutorial_cnn-int8.tflite"
    content = bytearray(path.read_bytes())
    content[1000] ^= 1
    path.write_bytes(content)
    with pytest.raises(ArtifactError, match="not the file that manifest.json describes"):
        plan((folder,), threads=(1,))
