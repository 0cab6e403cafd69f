"""Liveness, readiness, and what this deployment is."""

from __future__ import annotations

from aws_lambda_powertools.event_handler import Response

from tollgate.runtime.composition.health import compose
from tollgate.runtime.http.edge import Edge
from tollgate.runtime.http.errors import respond
from tollgate.runtime.observability import make_logger, make_metrics
from tollgate.runtime.settings import Settings

health = compose(Settings.from_environment())
edge = Edge(health.clock, make_logger(), make_metrics())
handler = edge.handle


@edge.routes.get("/health")
def alive() -> Response[str]:
    return respond(200, health.alive())


@edge.routes.get("/health/ready")
def ready() -> Response[str]:
    report = health.ready()
    return respond(200 if report["status"] == "healthy" else 503, report)


@edge.routes.get("/info")
def info() -> Response[str]:
    return respond(200, health.info())
