"""A model of another tool whose input is NCHW is asked for with pixels as any other is: NHWC."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.fakes.other_tools import IMAGES, LABELS, logits_by_numpy, save_onnx
from tests.serve.server import Served, file_of, serving

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

INFER = "/v2/models/channels/infer"


@pytest.fixture(scope="module")
def channels_first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder: Path = tmp_path_factory.mktemp("channels_first")
    model = save_onnx(folder / "channels.onnx", [1, 3, 8, 9], [1, 5])
    side = {"labels": list(LABELS), "scores": "logits", "scale": "0..1"}
    (folder / "channels.onnx.contract.json").write_text(json.dumps(side))
    with serving(model) as running:
        yield running


def request(shape: list[int], data: list[int]) -> str:
    return json.dumps({"inputs": [{"name": "x", "datatype": "UINT8", "shape": shape, "data": data}]})


def expected() -> np.ndarray[Any, Any]:
    powers = np.exp(logits_by_numpy("0..1"))
    return np.asarray(powers / powers.sum(1, keepdims=True))


def scores_in(answer: Any) -> np.ndarray[Any, Any]:
    (output,) = answer["outputs"]
    return np.array(output["data"]).reshape(output["shape"])


def test_the_shape_that_is_advertised_is_accepted_and_answered_rightly(channels_first: Served) -> None:
    metadata = channels_first.ask("GET", "/v2/models/channels")[1]
    ((free, *image),) = [tensor["shape"] for tensor in metadata["inputs"]]
    assert (free, image) == (-1, [8, 9, 3])
    status, answer, _ = channels_first.ask("POST", INFER, request([6, *image], IMAGES.ravel().tolist()))
    assert status == 200
    np.testing.assert_allclose(scores_in(answer), expected(), atol=1e-4)


def test_bytes_alone_are_pixels_in_the_same_order(channels_first: Served) -> None:
    headers = {"inference_header_content_length": "0", "content_type": "application/octet-stream"}
    status, content, answered = channels_first.ask("POST", INFER, IMAGES.tobytes(), **headers)
    assert status == 200
    scores = np.frombuffer(content[int(answered["inference-header-content-length"]) :], "<f4").reshape(6, 5)
    np.testing.assert_allclose(scores, expected(), atol=1e-4)


def test_a_picture_has_the_same_answer(channels_first: Served) -> None:
    status, answer, _ = channels_first.ask("POST", "/classify", file_of(IMAGES[0]), content_type="image/png")
    assert status == 200
    best = int(expected()[0].argmax())
    assert answer["answers"][0]["label"] == ("cat", "dog", "crane", "crane (2)", "bird")[best]


def test_the_order_of_the_file_is_refused_with_the_shape_that_is_meant(channels_first: Served) -> None:
    status, answer, _ = channels_first.ask("POST", INFER, request([1, 3, 8, 9], [0] * 216))
    assert (status, answer["error"]) == (400, "shape must be [N, 8, 9, 3]: batch, height, width, channels")


def test_the_example_of_the_description_is_a_request(channels_first: Served) -> None:
    description = channels_first.ask("GET", "/openapi.json")[1]
    content = description["paths"]["/v2/models/{model}/infer"]["post"]["requestBody"]["content"]
    example = content["application/json"]["example"]
    assert channels_first.ask("POST", INFER, json.dumps(example))[0] == 200
