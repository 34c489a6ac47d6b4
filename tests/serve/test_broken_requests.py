"""A broken request is a 4xx with a reason, and the server goes on."""

from __future__ import annotations

import json
import struct
import zlib
from typing import Any

import pytest

from tests.serve.server import TFLITE, Served, answer_on, file_of, pictures

INFER = f"/v2/models/{TFLITE.name}/infer"
GOOD: dict[str, Any] = {"name": "images", "datatype": "UINT8", "shape": [1, 32, 32, 3], "data": [7] * 3072}


def message(**changes: Any) -> bytes:
    return json.dumps({"inputs": [{**GOOD, **changes}]}).encode()


BROKEN_TENSORS: dict[str, tuple[bytes, str]] = {
    "not JSON": (b"{", "not JSON"),
    "not UTF-8": (b'{"id": "\xff"}', "not JSON"),
    "not an object": (b"[1]", "JSON object"),
    "deep": (b"[" * 100_000, "not JSON"),
    "deep data": (message(data=[[[[[[7]]]]]]), "list of integers"),
    "no inputs": (b"{}", "inputs must be a list"),
    "two inputs": (json.dumps({"inputs": [GOOD, GOOD]}).encode(), "inputs must be a list"),
    "another name": (message(name="pixels"), "'images'"),
    "another dtype": (message(datatype="FP32"), "UINT8"),
    "NaN": (message(data=[float("nan")] * 3072), "not JSON"),
    "fractions": (message(data=[0.5] * 3072), "list of integers"),
    "booleans": (message(data=[True] * 3072), "list of integers"),
    "strings": (message(data=["7"] * 3072), "list of integers"),
    "base64": (message(data="!!!not base64"), "list of integers"),
    "too large a pixel": (message(data=[256] * 3072), "list of integers"),
    "a negative pixel": (message(data=[-1] * 3072), "list of integers"),
    "too few pixels": (message(data=[7]), "needs 3072"),
    "no data": (message(data=None), "list of integers"),
    "a huge batch": (message(shape=[2**62, 32, 32, 3]), "needs"),
    "no batch": (message(shape=[0, 32, 32, 3]), "shape must be"),
    "another size": (message(shape=[1, 28, 28, 1]), "shape must be"),
    "a shape of words": (message(shape="large"), "shape must be"),
    "a shape of booleans": (message(shape=[True, 32, 32, 3]), "shape must be"),
    "parameters": (message(parameters=3), "parameters"),
    "binary without bytes": (message(parameters={"binary_data_size": 3072}), "binary_data_size"),
    "id": (json.dumps({"id": 7, "inputs": [GOOD]}).encode(), "id must"),
    "outputs": (json.dumps({"outputs": [{"name": "x"}], "inputs": [GOOD]}).encode(), "'scores'"),
    "classification": (
        json.dumps({"outputs": [{"name": "scores", "parameters": {"classification": -1}}], "inputs": [GOOD]}).encode(),
        "classification",
    ),
}


@pytest.mark.parametrize("name", BROKEN_TENSORS)
def test_a_broken_tensor_is_told_why(served: Served, name: str) -> None:
    body, reason = BROKEN_TENSORS[name]
    status, answer, _ = served.ask("POST", INFER, body)
    assert status == 400
    assert reason in answer["error"]


@pytest.mark.parametrize("length", ["-1", "99999999", "x", "٣", "1" * 5000])
def test_a_header_length_that_cannot_be_is_told(served: Served, length: str) -> None:
    status, answer, _ = served.ask("POST", INFER, message(), Inference_Header_Content_Length=length.encode())  # type: ignore[arg-type]
    assert status == 400
    assert "error" in answer


@pytest.mark.parametrize("body", [b"", bytes(3071), bytes(3073)], ids=len)
def test_a_raw_body_that_is_no_whole_image_is_told(served: Served, body: bytes) -> None:
    status, answer, _ = served.ask("POST", INFER, body, Inference_Header_Content_Length="0")
    assert status == 400
    assert "3072 bytes an image" in answer["error"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/v2/models/../../../etc/passwd", 404),
        ("GET", "/v2/models/..%2F..%2F..%2Fetc%2Fpasswd", 404),
        ("GET", "/v2/models/%00", 404),
        ("GET", f"/v2/models/{TFLITE.name}/versions/2", 404),
        ("POST", "/v2/models/another/infer", 404),
        ("POST", f"/classify?model={TFLITE}", 404),
        ("POST", "/classify?top=0", 400),
        ("POST", "/classify?top=x", 400),
        ("PUT", "/classify", 405),
        ("GET", "/classify", 405),
        ("POST", "/metrics", 405),
    ],
)
def test_what_is_not_there_is_told(served: Served, method: str, path: str, status: int) -> None:
    found, answer, _ = served.ask(method, path, file_of(pictures(1)[0]) if method == "POST" else None)
    assert found == status
    assert answer["error"]
    assert "Traceback" not in answer["error"]


def bomb(width: int, height: int) -> bytes:
    """Return a small PNG that says it has that many pixels, and holds them."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    pixels = zlib.compress(bytes(height * (1 + (width + 7) // 8)), 9)
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [2001, 14_000, 20_000], ids=["over the limit", "Pillow warns", "Pillow refuses"])
def test_a_decompression_bomb_is_not_decoded(served: Served, side: int) -> None:
    file = bomb(side, side)
    assert len(file) < 100_000
    status, answer, _ = served.ask("POST", "/classify", file)
    assert status == 413
    assert "pixels" in answer["error"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"text",
        file_of(pictures(1)[0])[:200],
        b"\x89PNG\r\n\x1a\n",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9",
    ],
    ids=["empty", "text", "cut short", "a header", "EPS, for which Pillow would run Ghostscript"],
)
def test_what_is_no_image_is_told(served: Served, body: bytes) -> None:
    status, answer, _ = served.ask("POST", "/classify", body)
    assert status == 400
    assert "image" in answer["error"]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=x", b"no parts"),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\n\r\n--x--"),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--'),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: \xff\r\n\r\nb\r\n--x--"),
        ("multipart/form-data; boundary=\xff; charset=none", b"--x\r\n"),
    ],
)
def test_a_broken_form_is_told(served: Served, kind: str, body: bytes) -> None:
    status, answer, _ = served.ask("POST", "/classify", body, Content_Type=kind)
    assert status == 400
    assert "error" in answer


def test_a_body_over_the_limit_is_refused_before_it_is_sent(served: Served) -> None:
    with served.connect() as connection:
        connection.sendall(b"POST /classify HTTP/1.1\r\nHost: x\r\nContent-Length: 1000001\r\n\r\n")
        status, answer, _ = answer_on(connection)
    assert status == 413
    assert "1,000,000 bytes" in answer["error"]


def test_a_body_without_a_length_is_counted_while_it_comes(served: Served) -> None:
    with served.connect() as connection:
        connection.sendall(b"POST /classify HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(11):
            connection.sendall(b"186a0\r\n" + bytes(100_000) + b"\r\n")
        status, answer, _ = answer_on(connection)
    assert status == 413
    assert "1,000,000 bytes" in answer["error"]


def test_a_compressed_body_is_refused(served: Served) -> None:
    status, answer, _ = served.ask("POST", INFER, zlib.compress(message()), Content_Encoding="deflate")
    assert status == 415
    assert "compressed" in answer["error"]


@pytest.mark.parametrize(
    "line",
    [b"\x16\x03\x01\x02\x00", b"GET / HTTP/9.9\r\n\r\n", b"POST /classify HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
     b"GET http://[::1 HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n"],
    ids=["TLS", "version", "length", "URL", "path"],
)  # fmt: skip
def test_what_is_not_http_is_told(served: Served, line: bytes) -> None:
    with served.connect() as connection:
        connection.sendall(line)
        status, answer, _ = answer_on(connection)
    assert status == 400
    assert "HTTP/1.1" in answer["error"]


def test_endless_headers_are_cut(served: Served) -> None:
    with served.connect() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n" + b"".join(b"a%d: %s\r\n" % (n, b"b" * 1000) for n in range(70)))
        status, answer, _ = answer_on(connection)
    assert status == 431
    assert "65,536 bytes" in answer["error"]
