"""The harness of the fuzz campaigns sees each way in which a reader can fail."""

import os
import signal

import pytest

from dcgan_jax.errors import UserError
from tests.fuzzing import fuzz, mutate_case

SAMPLES = [bytes(range(200)), b"another"]


def refuse(content):
    raise UserError("not this one.")


def fail(content):
    raise KeyError("x")


def die(content):
    os.kill(os.getpid(), signal.SIGKILL)


def go_on_for_ever(content):
    while True:
        sum(range(10**6))


def fill_the_memory(content):
    return bytes(2**29)


def hide_that_memory_ran_out(content):
    try:
        return bytes(2**29)
    except MemoryError:
        raise UserError("it is damaged.") from None


@pytest.mark.parametrize(
    ("read", "outcome", "fails"),
    [
        (len, "read", False),
        (refuse, "refused", False),
        (fail, "raised KeyError", True),
        (die, "died with -9", True),
        (go_on_for_ever, "no end", True),
        (fill_the_memory, "out of memory", True),
        (hide_that_memory_ran_out, "out of memory", True),
    ],
)
def test_every_case_is_counted_under_what_became_of_it(read, outcome, fails):
    findings = fuzz(read, SAMPLES, cases=2, memory=2**28, seconds=0.2)
    assert findings.outcomes == {outcome: 2}
    assert list(findings.failures) == ([0, 1] if fails else [])


def test_a_case_can_be_made_again_and_differs_from_the_others():
    cases = [mutate_case(SAMPLES, 0, case) for case in range(100)]
    assert cases == [mutate_case(SAMPLES, 0, case) for case in range(100)]
    assert len(set(cases)) > 90
    assert mutate_case(SAMPLES, 1, 0) != cases[0]
