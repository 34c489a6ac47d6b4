"""Measure `edgecnn serve` on this machine and write docs/evidence/serve.json.

Usage: python -m tools.evidence.load_test [--seconds 8] [--requests 200000]

One server process with the shipped int8 model, keep-alive connections on loopback, and one client process that sends
prepared bytes and reads only the status and length of an answer. With two cores, each process has one.

- throughput: every connection sends its next request when it has its answer; the server's processor time for one
  request shows what the rate would be if nothing else ran here;
- latency: requests are sent at random times at half the target rate, and the time counts from the moment a
  request was due, whether or not a connection was free (no coordinated omission). How late the client itself woke up
  is printed too: on a busy machine that is most of the latency;
- memory: resident memory of the server, in ten steps over a number of requests of all kinds.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import json
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import uvloop
from PIL import Image

from edgecnn.data.sample import load_test_sample
from edgecnn.device.machine import read_machine
from edgecnn.models.registry import shipped_folder
from edgecnn.schema import encode
from edgecnn.versions import versions_of
from tools.evidence import EVIDENCE

MODEL = shipped_folder("tutorial_cnn") / "tutorial_cnn-int8.tflite"
INFER = f"/v2/models/{MODEL.stem}/infer"
CONNECTIONS = 16
PICTURES = 100
STEPS = 10
GOALS = {"raw": 2000, "png": 1000, "json": None}
"""Target rate in requests a second; latency is measured at half this load."""


def request(path: str, body: bytes, **headers: object) -> bytes:
    """Return the bytes of a POST."""
    lines = [f"POST {path} HTTP/1.1", "host: localhost", f"content-length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def requests() -> dict[str, list[bytes]]:
    """Return prepared requests of each kind, for the same pictures."""
    found: dict[str, list[bytes]] = {"raw": [], "png": [], "json": []}
    for picture in load_test_sample().images[:PICTURES]:
        tensor: dict[str, Any] = {"name": "images", "datatype": "UINT8", "shape": [1, *picture.shape]}
        binary = {**tensor, "parameters": {"binary_data_size": picture.size}}
        text = json.dumps({"inputs": [binary], "parameters": {"binary_data_output": True}}).encode()
        found["raw"].append(request(INFER, text + picture.tobytes(), inference_header_content_length=len(text)))
        plain = json.dumps({"inputs": [{**tensor, "data": picture.ravel().tolist()}]}).encode()
        found["json"].append(request(INFER, plain, content_type="application/json"))
        file = BytesIO()
        Image.fromarray(picture).save(file, "PNG")
        found["png"].append(request("/classify", file.getvalue(), content_type="image/png"))
    return found


class Connection(asyncio.Protocol):
    """One keep-alive connection with at most one request in flight."""

    def __init__(self, answered: Callable[[Connection, int], None]) -> None:
        self._answered = answered
        self._buffer = b""

    def connection_made(self, transport: Any) -> None:
        """Keep the transport."""
        self.send = transport.write
        self.close = transport.close

    def data_received(self, data: bytes) -> None:
        """Report an answer when it is complete."""
        buffer = self._buffer + data
        head = buffer.find(b"\r\n\r\n")
        length = re.search(rb"\r\ncontent-length: (\d+)", buffer[: head + 2])
        if head < 0 or length is None or len(buffer) < head + 4 + int(length[1]):
            self._buffer = buffer
            return
        self._buffer = b""
        self._answered(self, int(buffer[9:12]))


async def connect(port: int, count: int, answered: Callable[[Connection, int], None]) -> list[Connection]:
    loop = asyncio.get_running_loop()
    made = [await loop.create_connection(lambda: Connection(answered), "127.0.0.1", port) for _ in range(count)]
    return [connection for _, connection in made]


async def closed_loop(port: int, bodies: list[bytes], count: int, connections: int) -> dict[str, Any]:
    """Send `count` requests as fast as answers come; return the rate."""
    statuses: collections.Counter[int] = collections.Counter()
    done = asyncio.Event()
    sent = 0

    def answered(connection: Connection, status: int) -> None:
        nonlocal sent
        statuses[status] += 1
        if sent < count:
            connection.send(bodies[sent % len(bodies)])
            sent += 1
        elif statuses.total() == count:
            done.set()

    pool = await connect(port, connections, answered)
    begin = time.perf_counter()
    for connection in pool:
        connection.send(bodies[sent % len(bodies)])
        sent += 1
    await done.wait()
    seconds = time.perf_counter() - begin
    for connection in pool:
        connection.close()
    return {"requests": count, "requests_per_second": round(count / seconds), "statuses": dict(statuses)}


async def open_loop(port: int, bodies: list[bytes], rate: float, seconds: float, connections: int) -> dict[str, Any]:
    """Send requests at exponentially distributed intervals; return percentiles of the latency in milliseconds."""
    generator = random.Random(0)
    idle: list[Connection] = []
    waiting: collections.deque[tuple[float, bytes]] = collections.deque()
    due_of: dict[Connection, float] = {}
    latencies: list[float] = []
    late: list[float] = []
    statuses: collections.Counter[int] = collections.Counter()

    def dispatch() -> None:
        while idle and waiting:
            connection = idle.pop()
            due_of[connection], body = waiting.popleft()
            connection.send(body)

    def answered(connection: Connection, status: int) -> None:
        latencies.append(time.perf_counter() - due_of.pop(connection))
        statuses[status] += 1
        idle.append(connection)
        dispatch()

    idle += await connect(port, connections, answered)
    begin = due = time.perf_counter()
    number = 0
    while due < begin + seconds:
        due += generator.expovariate(rate)
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        late.append(time.perf_counter() - due)
        waiting.append((due, bodies[number % len(bodies)]))
        number += 1
        dispatch()
    while due_of or waiting:
        await asyncio.sleep(0.01)
    for connection in idle:
        connection.close()
    p50, p99, p999 = (1e3 * np.percentile(latencies, [50, 99, 99.9])).round(2).tolist()
    return {
        "rate": rate,
        "requests": number,
        "p50_ms": p50,
        "p99_ms": p99,
        "p999_ms": p999,
        "client_late_p99_ms": round(1e3 * float(np.percentile(late, 99)), 2),
        "max_ms": round(1e3 * max(latencies), 2),
        "statuses": dict(statuses),
    }


@contextmanager
def server() -> Iterator[tuple[int, int]]:
    """Yield port and process id of `edgecnn serve` with the shipped int8 model."""
    command = [sys.executable, "-m", "edgecnn", "serve", str(MODEL), "--port", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        found = re.search(r"http://127.0.0.1:(\d+)", line)
        if found is None:
            raise SystemExit(f"the server did not start: {line}")
        yield int(found[1]), process.pid
    finally:
        process.terminate()
        process.wait()


def cpu_seconds(process: int) -> float:
    """Return the processor time that a process has used, user and system."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mib(process: int) -> float:
    fields = Path(f"/proc/{process}/statm").read_text().split()
    return round(int(fields[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20, 1)


def run(seconds: float, total: int) -> dict[str, Any]:
    kinds = requests()
    found: dict[str, Any] = {"connections": CONNECTIONS}

    async def rate_of(kind: str, count: int) -> dict[str, Any]:
        return await closed_loop(port, kinds[kind], count, CONNECTIONS)

    with server() as (port, process):
        uvloop.run(rate_of("raw", 2000))
        uvloop.run(rate_of("png", 2000))
        for kind, goal in GOALS.items():
            first = uvloop.run(rate_of(kind, 2000))
            count = max(1000, int(first["requests_per_second"] * seconds))
            before = cpu_seconds(process)
            found[kind] = {"goal": goal, "throughput": uvloop.run(rate_of(kind, count))}
            found[kind]["server_cpu_us"] = round(1e6 * (cpu_seconds(process) - before) / count)
            rate = (goal or found[kind]["throughput"]["requests_per_second"]) / 2
            found[kind]["at_half_load"] = uvloop.run(open_loop(port, kinds[kind], rate, seconds, CONNECTIONS))
            print(kind, json.dumps(found[kind]), flush=True)
        if total:
            found["memory"] = memory(port, process, kinds, total)
            print("memory", json.dumps(found["memory"]))
    return found


def memory(port: int, process: int, kinds: dict[str, list[bytes]], total: int) -> dict[str, Any]:
    """Return the server's resident memory after each tenth of `total` requests of all kinds."""
    mixed = [body for bodies in zip(*kinds.values(), strict=True) for body in bodies]
    samples = [resident_mib(process)]
    statuses: collections.Counter[int] = collections.Counter()
    for _ in range(STEPS):
        ran = uvloop.run(closed_loop(port, mixed, total // STEPS, CONNECTIONS))
        statuses.update(ran["statuses"])
        samples.append(resident_mib(process))
    return {"requests": total, "resident_mib": samples, "statuses": dict(statuses)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=8, help="length of each measurement")
    parser.add_argument("--requests", type=int, default=200_000, help="requests of the memory test; 0 skips it")
    arguments = parser.parse_args()
    load = os.getloadavg()[0]
    figures = run(arguments.seconds, arguments.requests)
    result = {
        "figures": figures,
        "load_average_before": round(load, 2),
        "machine": encode(read_machine()),
        "versions": versions_of("ai-edge-litert", "numpy", "pillow", "starlette", "uvicorn", "httptools", "uvloop"),
    }
    target = EVIDENCE / "serve.json"
    target.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
