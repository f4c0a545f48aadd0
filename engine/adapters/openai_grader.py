"""A chat model that judges texts."""

from __future__ import annotations

from engine.adapters.openai_chat import Chat, prompt_tokens
from engine.adapters.openai_faults import ModelFault
from engine.adapters.openai_lane import Tokens
from engine.adapters.openai_objects import probability_in
from engine.verification.grading import (
    GRADE_FORMAT,
    GRADE_PROMPT_VERSION,
    Grade,
    GradeRequest,
    grade_prompt,
)


class OpenAiGrader:
    """Fills the `Grader` port with a model behind the Chat Completions API."""

    def __init__(self, chat: Chat, *, max_output_tokens: int) -> None:
        """max_output_tokens: for one judgement; a reasoning model's thinking counts."""
        self.name = f"openai:{chat.lane.model}:grade-{GRADE_PROMPT_VERSION}"
        self._chat = chat
        self._max_output_tokens = max_output_tokens

    async def grade(self, request: GradeRequest) -> Grade:
        """The model's word; by structured output where the server has it.

        Raises: ModelUnavailable, also where the answer holds no probability.
        """
        said = await self._chat.whole(
            grade_prompt(request),
            max_output_tokens=self._max_output_tokens,
            response_format=GRADE_FORMAT,
        )
        found = probability_in(said)
        if found is None:
            raise ModelFault(
                f"{self._chat.lane.model} gave no probability; name another model as the judge",
                retryable=False,
                is_servers=False,
            )
        return Grade(*found)

    def cost_usd(self, request: GradeRequest) -> float:
        """The price of the prompt and of the longest answer."""
        prompt = prompt_tokens(grade_prompt(request))
        tokens = Tokens(prompt=prompt, completion=self._max_output_tokens)
        return self._chat.lane.price(tokens).cost_usd
