"""What may be answered to each kind of step; anything else is refused before it reaches the store."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from dcgan_jax.study.plan import Plan
from dcgan_jax.study.schedule import Step

Milliseconds = Annotated[int, Field(ge=0, le=86_400_000)]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Agreed(_Answer):
    """To a page of text: read, and agreed to where that is asked."""


class Remark(_Answer):
    """To what was noticed in the naive phase."""

    noticed: bool  # whether anything was
    text: Annotated[str, Field(max_length=2000)]


class Described(_Answer):
    """To an image of the naive phase."""

    option: Annotated[int, Field(ge=0)]  # number of the answer to the question, from 0
    milliseconds: Milliseconds  # that the image was looked at, without pauses and hidden tabs


class Judged(_Answer):
    """To an image, or a pair, of the told phase."""

    # What the image is taken for, or which of two is taken for the real one.
    choice: Literal["real", "generated", "left", "right"]
    confidence: Annotated[int, Field(ge=1, le=5)]  # 1, guessing, to 5, certain
    # Number of the answer to the second question, from 0; None where there is none.
    option: Annotated[int, Field(ge=0)] | None = None
    milliseconds: Milliseconds  # as above


_KINDS: dict[str, type[_Answer]] = {
    "consent": Agreed,
    "instructions": Agreed,
    "remark": Remark,
    "naive": Described,
    "image": Judged,
}


def list_choices(plan: Plan) -> tuple[str, str]:
    """Returns what can be said of an image, or of two."""
    return ("left", "right") if plan.design == "pairs" else ("real", "generated")


def check_answer(plan: Plan, step: Step, values: Any) -> dict[str, Any]:
    """Returns an answer as it is kept; raises ValueError if it is none to this step."""
    answer = _KINDS[step.kind].model_validate(values)
    if isinstance(answer, Judged) and answer.choice not in list_choices(plan):
        raise ValueError("choice: of another design")
    if isinstance(answer, Judged | Described):
        asked = len(plan.question)
        if (answer.option is None) != (asked == 0) or (answer.option or 0) >= max(asked, 1):
            raise ValueError("option: none of the question's answers")
    return answer.model_dump()
