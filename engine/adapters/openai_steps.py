"""A chat model that proposes next steps for a case that a person takes over."""

from __future__ import annotations

from engine.adapters.openai_chat import Chat, prompt_tokens
from engine.adapters.openai_faults import ModelFault
from engine.adapters.openai_lane import Tokens
from engine.adapters.openai_objects import objects_in
from engine.generation.step_prompt import STEP_PROMPT_VERSION, STEPS_FORMAT, OpenCase, step_prompt


class OpenAiStepWriter:
    """Fills the `StepWriter` port with a model behind the Chat Completions API."""

    def __init__(self, chat: Chat, *, max_output_tokens: int) -> None:
        self.name = f"openai:{chat.lane.model}:steps-{STEP_PROMPT_VERSION}"
        self._chat = chat
        self._max_output_tokens = max_output_tokens

    async def propose(self, case: OpenCase) -> tuple[str, ...]:
        """The model's steps as it wrote them; by structured output where the server has it.

        Raises: ModelUnavailable, also where the answer is no list of steps.
        """
        said = await self._chat.whole(
            step_prompt(case),
            max_output_tokens=self._max_output_tokens,
            response_format=STEPS_FORMAT,
        )
        for row in reversed(objects_in(said)):
            steps = row.get("steps")
            if isinstance(steps, list) and all(isinstance(step, str) for step in steps):
                return tuple(steps)
        raise ModelFault(
            f"{self._chat.lane.model} gave no list of steps", retryable=False, is_servers=False
        )

    def cost_usd(self, case: OpenCase) -> float:
        """The price of the prompt and of the longest answer."""
        tokens = Tokens(prompt=prompt_tokens(step_prompt(case)), completion=self._max_output_tokens)
        return self._chat.lane.price(tokens).cost_usd
