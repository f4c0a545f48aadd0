"""OpenTelemetry behind the port of what is counted."""
