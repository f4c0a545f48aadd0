"""Whether the model server takes the key and knows the models, at no cost."""

from __future__ import annotations

import asyncio

from engine.adapters.openai_client import ServerConnection
from engine.adapters.openai_faults import explain
from engine.settings import OpenAiSettings

_LIMIT_S = 10.0
_NOT_OFFERED = (404, 405, 501)


async def listed_models(settings: OpenAiSettings) -> frozenset[str] | None:
    """The models that the server lists; None where it keeps no list.

    Raises: ModelUnavailable, with a sentence.
    """
    server = ServerConnection(settings)
    await server.ready()
    import openai

    try:
        async with asyncio.timeout(_LIMIT_S):
            page = await server.client().models.list()
        return frozenset(model.id for model in page.data or ())
    except openai.APIStatusError as error:
        if error.status_code in _NOT_OFFERED:
            return None
        raise _explained(error, server) from None
    except (openai.APIError, TimeoutError, ValueError) as error:
        raise _explained(error, server) from None
    finally:
        await server.aclose()


def _explained(error: Exception, server: ServerConnection) -> Exception:
    model = server.settings.model
    return explain(error, server=server.provider, model=model, setting="OPENAI_MODEL")
