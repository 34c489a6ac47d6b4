"""Open Inference Protocol, by a client that others wrote."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import edgecnn
from tests.serve.server import ONNX, TFLITE, Served, file_of, pictures

triton = pytest.importorskip("tritonclient.http", reason="needs tritonclient[http], an independent client")

NAMES = {TFLITE.name: TFLITE, ONNX.name: ONNX}
COUNT = 70


@pytest.fixture
def client(served: Served) -> Iterator[Any]:
    client = triton.InferenceServerClient(f"127.0.0.1:{served.port}")
    yield client
    client.close()


def tensor(images: Any, *, binary: bool) -> Any:
    made = triton.InferInput("images", list(images.shape), "UINT8")
    made.set_data_from_numpy(images, binary_data=binary)
    return made


def test_the_client_finds_server_and_models_ready(client: Any) -> None:
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.get_server_metadata()["extensions"] == ["binary_tensor_data", "classification", "model_repository"]
    assert [one["name"] for one in client.get_model_repository_index()] == list(NAMES)
    for name in NAMES:
        assert client.is_model_ready(name)
        assert client.is_model_ready(name, "1")
        metadata = client.get_model_metadata(name)
        assert metadata["inputs"] == [{"name": "images", "datatype": "UINT8", "shape": [-1, 32, 32, 3]}]
        assert metadata["outputs"] == [{"name": "scores", "datatype": "FP32", "shape": [-1, 10]}]
        assert json.loads(metadata["parameters"]["labels"])[3] == "cat"
    assert not client.is_model_ready("another")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("binary", [True, False], ids=["binary", "json"])
def test_the_probabilities_are_those_of_the_classifier(client: Any, name: str, binary: bool) -> None:
    images = pictures(COUNT)
    wanted = triton.InferRequestedOutput("scores", binary_data=binary)
    answer = client.infer(name, [tensor(images, binary=binary)], outputs=[wanted], request_id="seven")
    assert answer.get_response()["id"] == "seven"
    scores = answer.as_numpy("scores")
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores, edgecnn.load(NAMES[name]).predict(images), atol=1e-6)


def test_binary_is_what_the_client_gets_by_default(client: Any) -> None:
    answer = client.infer(TFLITE.name, [tensor(pictures(1), binary=True)])
    assert answer.get_response()["outputs"][0]["parameters"] == {"binary_data_size": 40}
    assert answer.as_numpy("scores").shape == (1, 10)


@pytest.mark.parametrize("binary", [True, False], ids=["binary", "json"])
def test_the_classification_extension_names_the_labels(client: Any, binary: bool) -> None:
    wanted = triton.InferRequestedOutput("scores", binary_data=binary, class_count=2)
    answer = client.infer(TFLITE.name, [tensor(pictures(2), binary=binary)], outputs=[wanted])
    found = answer.as_numpy("scores")
    assert found.shape == (2, 2)
    best = found[0, 0].decode() if isinstance(found[0, 0], bytes) else found[0, 0]
    score, index, label = best.split(":")
    assert (index, label) == ("3", "cat")
    assert float(score) > 0.5


def test_a_raw_body_is_the_tensor(served: Served) -> None:
    images = pictures(2)
    status, body, headers = served.ask(
        "POST", f"/v2/models/{TFLITE.name}/infer", images.tobytes(), Inference_Header_Content_Length="0"
    )
    assert status == 200
    scores = np.frombuffer(body[int(headers["inference-header-content-length"]) :], "<f4").reshape(2, 10)
    np.testing.assert_allclose(scores, edgecnn.load(TFLITE).predict(images), atol=1e-6)


def test_nested_data_is_the_same_as_flat_data(served: Served) -> None:
    images = pictures(1)
    answers = [
        served.ask("POST", f"/v2/models/{TFLITE.name}/versions/1/infer", json.dumps({"inputs": [{
            "name": "images", "datatype": "UINT8", "shape": [1, 32, 32, 3], "data": data,
        }]}))
        for data in (images.tolist(), images.ravel().tolist())
    ]  # fmt: skip
    assert answers[0][:2] == answers[1][:2]
    assert answers[0][0] == 200


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "PPM"])
@pytest.mark.parametrize("form", [False, True], ids=["body", "form"])
def test_an_image_file_is_classified(served: Served, kind: str, form: bool) -> None:
    body, headers = file_of(pictures(1)[0], kind), {}
    if form:
        head = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n'
        body, headers = head + body + b"\r\n--x--\r\n", {"Content_Type": "multipart/form-data; boundary=x"}
    status, answer, _ = served.ask("POST", f"/classify?model={ONNX.name}&top=2", body, **headers)
    assert status == 200
    assert answer["model"] == ONNX.name
    assert answer["answers"][0]["label"] == "cat"
    assert len(answer["answers"]) == 2
    assert set(answer["milliseconds"]) == {"decode", "inference"}


def test_a_large_picture_is_decoded_beside_the_event_loop_with_the_same_answer(served: Served) -> None:
    large = pictures(1)[0].repeat(40, axis=0).repeat(40, axis=1)
    (status, answer, _), (_, small, _) = (
        served.ask("POST", "/classify", file_of(one)) for one in (large, pictures(1)[0])
    )
    assert status == 200
    assert answer["answers"][0]["label"] == small["answers"][0]["label"]
