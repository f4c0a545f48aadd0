"""A collector that takes metrics by OTLP over HTTP."""

from __future__ import annotations

from aiohttp import web
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)


class Collector:
    """Keeps the newest value of each series that has one number."""

    def __init__(self) -> None:
        self.newest: dict[str, float] = {}
        self.services: set[tuple[str, str]] = set()
        """By their names and the ids of their processes."""

    def app(self) -> web.Application:
        made = web.Application()
        made.router.add_post("/v1/metrics", self._take)
        return made

    async def _take(self, request: web.Request) -> web.Response:
        sent = ExportMetricsServiceRequest.FromString(await request.read())
        for resource in sent.resource_metrics:
            named = {each.key: each.value.string_value for each in resource.resource.attributes}
            self.services.add((named["service.name"], named["service.instance.id"]))
            self.newest = {
                metric.name: point.as_double or point.as_int
                for scope in resource.scope_metrics
                for metric in scope.metrics
                for point in (metric.gauge.data_points or metric.sum.data_points)
            }
        return web.Response()
