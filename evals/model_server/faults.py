"""The faults that show before a model has said a word, in OpenAI's own error bodies."""

from __future__ import annotations

from aiohttp import web

from evals.model_server.reply import Fault, Reply

_ERRORS = {
    Fault.UNAUTHORIZED: (401, "invalid_api_key", "Incorrect API key provided: sk-wro***ng."),
    Fault.RATE_LIMITED: (429, "rate_limit_exceeded", "Rate limit reached for requests."),
    Fault.OUT_OF_QUOTA: (429, "insufficient_quota", "You exceeded your current quota."),
    Fault.SERVER_ERROR: (500, "server_error", "The server had an error."),
    Fault.WRONG_MODEL: (404, "model_not_found", "The model `x` does not exist."),
    Fault.TOO_LONG: (
        400,
        "context_length_exceeded",
        "This model's maximum context length is 8192 tokens. However, you requested 9000.",
    ),
}


def fault_response(reply: Reply) -> web.Response | None:
    """The response of a fault that has a status of its own; None for the others."""
    if reply.fault is None or reply.fault not in _ERRORS:
        return None
    status, code, message = _ERRORS[reply.fault]
    headers = {"Retry-After": reply.retry_after} if reply.retry_after is not None else {}
    body = {"error": {"message": message, "type": code, "param": None, "code": code}}
    return web.json_response(body, status=status, headers=headers)


def refusal(parameter: str | None) -> web.Response:
    """400 for a parameter that the server does not know; None does not say which."""
    message = "Extra inputs are not permitted."
    if parameter is not None:
        message = f"Unsupported parameter: '{parameter}' is not supported with this model."
    code = "unsupported_parameter"
    body = {
        "error": {
            "message": message,
            "type": "invalid_request_error",
            "param": parameter,
            "code": code,
        }
    }
    return web.json_response(body, status=400)
