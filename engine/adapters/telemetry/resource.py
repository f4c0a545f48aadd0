"""What sends metrics and traces: this service, of this version, this process of it."""

from __future__ import annotations

from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource

_UNNAMED = "unknown_service"


def resource_of(version: str) -> Resource:
    """It; OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES may name it otherwise and say more.
    Each process has an id of its own there. version: of Deskhand."""
    made = Resource.create({SERVICE_VERSION: version})
    if str(made.attributes[SERVICE_NAME]).startswith(_UNNAMED):
        return made.merge(Resource({SERVICE_NAME: "deskhand"}))
    return made
