"""The metrics that Prometheus reads at /metrics."""

from __future__ import annotations

from typing import Any

_SECONDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Metrics:
    """Counters and histograms of one server. They cost 5 µs per request, most of it for two histograms."""

    def __init__(self, models: list[str]) -> None:
        from prometheus_client import (
            CollectorRegistry,
            Counter,
            Gauge,
            Histogram,
            ProcessCollector,
            disable_created_metrics,
        )

        disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each counter that Prometheus 2 does not read
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._requests = Counter(
            "edgecnn_requests", "Answered requests.", ("endpoint", "status"), registry=self.registry
        )
        self._latency = Histogram(
            "edgecnn_request_seconds",
            "Seconds from the headers of a POST request to its answer.",
            ("endpoint",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.in_flight: Any = Gauge(
            "edgecnn_requests_in_flight", "Requests in progress or waiting.", registry=self.registry
        )
        inference = Histogram(
            "edgecnn_inference_seconds", "Inference time of all images of a request.", ("model",), buckets=_SECONDS,
            registry=self.registry,
        )  # fmt: skip
        images = Counter("edgecnn_images", "Classified images.", ("model",), registry=self.registry)
        self._children: dict[tuple[str, int], Any] = {}  # as many as endpoints times statuses; labels() is slow
        self._latencies: dict[str, Any] = {}
        self._models = {name: (inference.labels(name), images.labels(name)) for name in models}

    def count_request(self, endpoint: str, status: int) -> None:
        """Count one answer."""
        child = self._children.get((endpoint, status))
        if child is None:
            child = self._children[endpoint, status] = self._requests.labels(endpoint, str(status))
        child.inc()

    def observe_latency(self, endpoint: str, seconds: float) -> None:
        """Add the time that one request took."""
        child = self._latencies.get(endpoint)
        if child is None:
            child = self._latencies[endpoint] = self._latency.labels(endpoint)
        child.observe(seconds)

    def observe_inference(self, model: str, images: int, seconds: float) -> None:
        """Add one inference."""
        histogram, counter = self._models[model]
        histogram.observe(seconds)
        counter.inc(images)

    def text(self) -> bytes:
        """Return the Prometheus text format."""
        from prometheus_client import generate_latest

        return generate_latest(self.registry)
