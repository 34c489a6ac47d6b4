"""JSON to dataclasses and back, with every kind of stranger's mistake named by field."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from edgecnn.artifact import Entry, ImageSet, Manifest, Measured
from edgecnn.contract import Contract, Origin, Preprocessing
from edgecnn.schema import SchemaError, decode, decode_json, encode
from edgecnn.spec import ExportSpec, Format, Precision, TensorSpec

MANIFEST = Manifest(
    origin=Origin("tiny", "a" * 64),
    source="tiny.keras",
    parameters=36,
    keras=Measured(images=10, correct=9, agree=10, max_difference=0.0),
    evaluation=ImageSet("sample", 2, "b" * 64, ("test/1", "test/2")),
    calibration=None,
    artifacts=(Entry("tiny.onnx", Format.ONNX, Precision.INT8, 100, "c" * 64, Measured(10, 7, 8, 0.25)),),
    made_with={"edgecnn": "0.1.0"},
)
VALUES = (
    MANIFEST,
    replace(MANIFEST, calibration=ImageSet("train", 0, "d" * 64), artifacts=()),
    MANIFEST.artifacts[0],
    MANIFEST.keras,
    MANIFEST.evaluation,
    Origin("tiny", ""),
    Preprocessing(colour="L", scale=(0.5,), offset=(-1.0, 1.0)),
    TensorSpec("images", (1, 2, 2, 3), "int8", 0.0039215688593685627, -128),
    ExportSpec(formats=(Format.ONNX,)),
)


@dataclass(frozen=True, slots=True)
class _Sample:
    """One field of every kind that the schema knows."""

    number: int
    real: float
    text: str
    flag: bool
    items: tuple[int, ...]
    table: dict[str, float]
    maybe: str | None
    kind: Format
    part: TensorSpec
    optional: int = 7
    schema_version: int = 1


SAMPLE = _Sample(1, 2.5, "é", True, (1, 2), {"a": 0.5}, None, Format.ONNX, TensorSpec("x", (1,), "int8"))


def _read(**changes: Any) -> _Sample:
    return decode_json(_Sample, json.dumps({**encode(SAMPLE), **changes}), newest=1)


def _outcome(text: str) -> str:
    """Return "read", or why the text is refused."""
    try:
        return "read" if decode_json(_Sample, text, newest=1) == SAMPLE else "read wrong"
    except SchemaError as error:
        return str(error)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_every_type_comes_back_from_json_as_it_was(value: Any) -> None:
    assert decode(type(value), json.loads(json.dumps(encode(value)))) == value


@pytest.mark.parametrize("file_format", [Format.TFLITE, Format.ONNX], ids=lambda one: one.value)
def test_a_contract_comes_back_from_json_as_it_was(contracts: dict[Format, Contract], file_format: Format) -> None:
    contract = contracts[file_format]
    assert decode_json(Contract, json.dumps(encode(contract)), newest=contract.schema_version) == contract


def test_a_manifest_comes_back_from_its_own_bytes() -> None:
    assert decode_json(Manifest, MANIFEST.to_json(), newest=MANIFEST.schema_version) == MANIFEST


def test_a_sample_of_every_kind_comes_back_as_it_was() -> None:
    assert _read() == SAMPLE


def test_unknown_fields_are_ignored_at_every_depth() -> None:
    part = {**encode(SAMPLE.part), "colour": [1, {"x": None}]}
    assert _read(part=part, later={"deep": [[]]}) == SAMPLE


def test_a_field_with_a_default_may_be_missing() -> None:
    text = {name: value for name, value in encode(SAMPLE).items() if name != "optional"}
    assert decode_json(_Sample, json.dumps(text), newest=1).optional == 7


def test_a_whole_number_is_a_real_number_too() -> None:
    real = _read(real=3).real
    assert real == 3.0
    assert type(real) is float


@pytest.mark.parametrize("name", ["number", "text", "items", "table", "maybe", "kind", "part"])
def test_a_missing_field_is_named(name: str) -> None:
    text = {key: value for key, value in encode(SAMPLE).items() if key != name}
    with pytest.raises(SchemaError, match=f"^{name} is missing$"):
        decode_json(_Sample, json.dumps(text), newest=1)


def test_a_missing_field_inside_another_is_named_by_its_path() -> None:
    with pytest.raises(SchemaError, match=r"^part\.shape is missing$"):
        _read(part={"name": "x", "dtype": "int8"})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"number": "1"}, "number is str, not int"),
        ({"number": 1.0}, "number is float, not int"),
        ({"number": True}, "number is bool, not int"),
        ({"number": None}, "number is NoneType, not int"),
        ({"real": "2.5"}, "real is str, not float"),
        ({"real": False}, "real is bool, not float"),
        ({"real": None}, "real is NoneType, not float"),
        ({"real": 10**400}, "real is int, not float"),
        ({"text": 1}, "text is int, not str"),
        ({"text": None}, "text is NoneType, not str"),
        ({"flag": 1}, "flag is int, not bool"),
        ({"items": {}}, "items is dict, not tuple"),
        ({"items": [1, "2"]}, r"items\[1\] is str, not int"),
        ({"items": [1, True]}, r"items\[1\] is bool, not int"),
        ({"table": []}, "table is list, not dict"),
        ({"table": {"a": "b"}}, r"table\.a is str, not float"),
        ({"maybe": 1}, "maybe is int, not str"),
        ({"kind": "exe"}, "kind is 'exe', not one of tflite, onnx, keras"),
        ({"kind": None}, "kind is NoneType, not Format"),
        ({"kind": ["onnx"]}, "kind is list, not Format"),
        ({"part": "x"}, "part is str, not TensorSpec"),
        ({"part": {"name": "x", "shape": [1, None], "dtype": ""}}, r"part\.shape\[1\] is NoneType, not int"),
        ({"schema_version": True}, "schema_version is bool, not int"),
        ({"schema_version": "1"}, "no schema_version"),
        ({"schema_version": None}, "no schema_version"),
        ({"schema_version": 2}, "schema version 2 is newer than 1; update edgecnn"),
    ],
    ids=str,
)
def test_a_value_that_does_not_fit_is_named_with_its_field(change: dict[str, Any], message: str) -> None:
    with pytest.raises(SchemaError, match=f"^{message}$"):
        _read(**change)


def test_a_newer_schema_is_refused_before_its_fields_are_looked_at() -> None:
    with pytest.raises(SchemaError, match="update edgecnn"):
        decode_json(_Sample, '{"schema_version": 2}', newest=1)


def test_an_older_schema_is_read() -> None:
    assert decode_json(_Sample, json.dumps(encode(SAMPLE)), newest=5) == SAMPLE


@pytest.mark.parametrize(
    "text",
    ["", " ", "{", '{"schema_version": 1', "{'a': 1}", b"\xff\xfe\xfa", b"\x80", "1" * 5000],
    ids=["empty", "blank", "open", "cut", "quotes", "utf16", "bytes", "digits"],
)
def test_what_is_not_json_is_refused(text: str | bytes) -> None:
    with pytest.raises(SchemaError, match=r"^not JSON"):
        decode_json(_Sample, text, newest=1)


@pytest.mark.parametrize("text", ["[]", "1", "null", '"text"', "{}"])
def test_json_that_is_no_object_with_a_version_is_refused(text: str) -> None:
    with pytest.raises(SchemaError, match=r"^no schema_version$"):
        decode_json(_Sample, text, newest=1)


@pytest.mark.parametrize(
    ("field", "outcome"),
    [("kind", "kind is list"), ("number", "number is list"), ("items", "items[0] is list"), ("unknown", "read")],
)
def test_json_nested_to_any_depth_is_read_or_refused(field: str, outcome: str) -> None:
    """Around Python's recursion limit the reader, the enum and the message each reach it at another depth."""
    rest = json.dumps(encode(SAMPLE))[:-1]
    for depth in (2, *range(900, 1010), 5_000, 100_000):
        text = f'{rest}, "{field}": {"[" * depth}{"]" * depth}}}'
        assert _outcome(text).startswith((outcome, "not JSON"))


@dataclass(frozen=True, slots=True)
class _Renamed:
    """A field that was called otherwise in files of before, and one that they do not have."""

    name: str = field(metadata={"key": "title"})
    task: str = field(default="plain", metadata={"omit_default": True})


def test_a_renamed_field_keeps_its_key_and_a_new_one_is_written_only_if_it_says_something() -> None:
    assert encode(_Renamed("a")) == {"title": "a"}
    assert encode(_Renamed("a", "other")) == {"title": "a", "task": "other"}
    assert decode(_Renamed, {"title": "a"}) == _Renamed("a")
    assert decode(_Renamed, {"title": "a", "task": "other"}) == _Renamed("a", "other")
    with pytest.raises(SchemaError, match=r"title is missing"):
        decode(_Renamed, {"name": "a"})
