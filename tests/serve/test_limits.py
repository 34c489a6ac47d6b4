"""Overload, slow clients, tokens, and how the server starts and stops."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from edgecnn.serve.guard import Guard, Message, Receive, Scope, Send
from edgecnn.serve.limits import ClientLimits
from edgecnn.serve.metrics import Metrics
from tests.conftest import PATIENCE, Ran
from tests.serve.server import TFLITE, Served, answer_on, file_of, pictures, serving

PICTURE = file_of(pictures(1)[0])
HEAD = b"POST /classify HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(PICTURE)


def test_requests_that_come_together_get_as_many_places_as_there_are() -> None:
    """Even if each is computed without a pause: the queue is bounded, not the time of one."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def ask(guard: Guard) -> Message:
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        async def receive() -> Message:
            return {"type": "http.request"}

        await guard({"type": "http", "method": "POST", "path": "/x", "headers": []}, receive, send)
        return sent[0]

    async def burst() -> list[Message]:
        guard = Guard(application, ClientLimits(concurrency=3), Metrics([]), None, None)
        return [*await asyncio.gather(*(ask(guard) for _ in range(10))), await ask(guard)]

    answers = asyncio.run(burst())
    assert [one["status"] for one in answers] == [200] * 3 + [503] * 7 + [200]
    assert (b"retry-after", b"1") in answers[5]["headers"]


def test_overload_is_503_and_those_with_a_place_are_answered() -> None:
    with serving(TFLITE, "--concurrency", 2) as served:
        slow = [served.connect() for _ in range(2)]
        for connection in slow:
            connection.sendall(HEAD + PICTURE[:10])
        assert served.ask("GET", "/healthz")[0] == 200  # and both are being read by now
        status, answer, headers = served.ask("POST", "/classify", PICTURE)
        assert status == 503
        assert headers["retry-after"] == "1"
        assert "try later" in answer["error"]
        for connection in slow:
            connection.sendall(PICTURE[10:])
            assert answer_on(connection)[0] == 200
            connection.close()
        assert served.ask("POST", "/classify", PICTURE)[0] == 200


def test_slow_clients_are_told_and_disconnected() -> None:
    with serving(TFLITE, "--timeout", 2) as served:
        parts = {
            "headers": b"POST /classify HTTP/1.1\r\nHost:",
            "body": HEAD + PICTURE[:10],
            "nothing": b"",
            "a blank line": b"\r\n",
        }
        connections = {name: served.connect() for name in parts}
        for name, connection in connections.items():
            connection.sendall(parts[name])
        for name in ("headers", "body"):
            status, answer, _ = answer_on(connections[name])
            assert status == 408
            assert name in answer["error"]
        for name in ("headers", "nothing", "a blank line", "body"):
            assert connections[name].recv(1) == b"", name
            connections[name].close()


def send_repeatedly(connection: socket.socket, data: bytes, count: int) -> None:
    for _ in range(count):
        connection.sendall(data)


def test_trailers_are_bounded_as_headers_are() -> None:
    head = b"POST /classify HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
    with serving(TFLITE) as served, served.connect() as connection:
        connection.sendall(head)
        with pytest.raises(ConnectionError):  # from far more than the kernel keeps for a server that has to wait
            send_repeatedly(connection, b"a:b\r\n" * 10_000, 4000)
        assert served.ask("POST", "/classify", PICTURE)[0] == 200


def test_a_request_that_is_worked_on_is_finished_before_the_server_stops() -> None:
    with serving(TFLITE) as served, served.connect() as connection:
        connection.sendall(HEAD + PICTURE[:10])
        assert served.ask("GET", "/healthz")[0] == 200
        served.process.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            served.process.wait(0.5)
        connection.sendall(PICTURE[10:])
        status, answer, _ = answer_on(connection)
        assert (status, answer["answers"][0]["label"]) == (200, "cat")
        assert served.process.wait(PATIENCE) == 143


def test_ctrl_c_stops_as_every_command_does() -> None:
    with serving(TFLITE) as served:
        served.process.send_signal(signal.SIGINT)
        assert served.process.wait(PATIENCE) == 130
        assert served.process.stderr is not None
        assert served.process.stderr.read().strip() == "edgecnn: stopped"


def test_a_token_is_asked_for_but_by_probes_and_the_page() -> None:
    with serving(TFLITE, "--token", "s3cret", "--log", "json", "--host", "0.0.0.0") as served:
        for path in ("/", "/healthz", "/v2/health/live", "/v2/health/ready"):
            assert served.ask("GET", path)[0] == 200
        for authorization in ({}, {"Authorization": "Bearer s3cre"}, {"Authorization": "Basic s3cret"}):
            for method, path in (("GET", "/metrics"), ("GET", "/openapi.json"), ("POST", "/classify"), ("GET", "/v2")):
                status, answer, headers = served.ask(method, path, **authorization)
                assert status == 401
                assert headers["www-authenticate"] == "Bearer"
                assert "token" in answer["error"]
        assert served.ask("POST", "/classify", PICTURE, Authorization="Bearer s3cret")[0] == 200
        served.process.send_signal(signal.SIGTERM)
        assert served.process.stdout is not None
        lines = [json.loads(line) for line in served.process.stdout]
        assert lines[-1]["path"] == "/classify"
        assert lines[-1]["status"] == 200
        assert lines[-1]["milliseconds"] > 0
        assert sum(line["status"] == 401 for line in lines) == 12


def test_metrics_are_prometheus_text_that_counts(served: Served) -> None:
    def images() -> float:
        _, text, headers = served.ask("GET", "/metrics")
        assert headers["content-type"].startswith("text/plain; version=0.0.4")
        (line,) = [
            one for one in text.decode().splitlines() if one.startswith(f'edgecnn_images_total{{model="{TFLITE.name}"')
        ]
        return float(line.split()[-1])  # fmt: skip

    before = images()
    assert served.ask("POST", f"/classify?model={TFLITE.name}", PICTURE)[0] == 200
    assert images() == before + 1
    text = served.ask("GET", "/metrics")[1].decode()
    assert 'edgecnn_requests_total{endpoint="classify",status="200"}' in text
    assert "edgecnn_requests_in_flight 0.0" in text
    assert "process_resident_memory_bytes" in text


def test_a_port_in_use_is_one_line(edgecnn: Callable[..., Ran]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = edgecnn("serve", TFLITE, "--port", port)
    assert (ran.status, ran.out) == (1, "")
    assert (
        ran.err
        == f"edgecnn: cannot listen on 127.0.0.1 port {port}: Address already in use; choose another with --port\n"
    )


@pytest.mark.parametrize(
    ("arguments", "status", "reason"),
    [
        (["--host", "no.such.host.invalid"], 1, "no such address: no.such.host.invalid"),
        (["missing.tflite"], 1, "no such model file: missing.tflite"),
        (["--token", ""], 2, "printable ASCII"),
        (["--port", "70000"], 2, "70000"),
    ],
    ids=["host", "file", "token", "port"],
)
def test_what_cannot_be_served_is_one_line(
    edgecnn: Callable[..., Ran], arguments: list[Any], status: int, reason: str
) -> None:
    ran = edgecnn("serve", *arguments)
    assert (ran.status, ran.out) == (status, "")
    assert reason in ran.err
    assert ran.err.count("\n") == 1


def test_a_missing_package_names_the_extra(edgecnn: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edgecnn.serve.server._NEEDED", ("starlette", "no_such_package"))
    ran = edgecnn("serve", TFLITE)
    assert ran.status == 1
    assert ran.err == "edgecnn: serving needs no_such_package; pip install 'edgecnn[serve]'\n"


def test_an_empty_token_in_the_environment_lets_nobody_in(
    edgecnn: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGECNN_TOKEN", "")
    ran = edgecnn("serve", TFLITE)
    assert (ran.status, "printable ASCII" in ran.err) == (2, True)


def test_everybody_may_come_in_is_a_warning() -> None:
    command = [sys.executable, "-m", "edgecnn", "serve", str(TFLITE), "--port", "0", "--host", "0.0.0.0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == (
            "edgecnn: warning: anyone who can reach 0.0.0.0 can use this server; set a token with --token\n"
        )
        process.terminate()
