"""What a test says of a refusal: the field or file, its value, and the names and numbers that stand beside them.

The wording is free; a test that needs a word of it says why.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike

import pytest

from dcgan_jax.errors import EXIT_USER_ERROR, FieldError, FileError, UserError
from tests.launching import Outcome

Path = str | PathLike[str]


@contextmanager
def refused(
    *named: object, field: str = "", value: object = None, path: Path = ""
) -> Iterator[pytest.ExceptionInfo[UserError]]:
    """Expects a UserError, which the command ends with code 2 for, of this field and value, or of this file.

    Args:
      named: names and numbers that stand in the sentence, each as a whole word.
      field: the field, flag or argument at fault; without it and a path it is no matter of one.
      value: what it has.
      path: the file or folder at fault.
    """
    with pytest.raises(UserError) as caught:
        yield caught
    error = caught.value
    if field:
        assert isinstance(error, FieldError), repr(error)
        assert (error.field, str(error.value)) == (field, str(value))
    elif path:
        assert isinstance(error, FileError), repr(error)
        assert str(error.path) == str(path)
    else:
        assert type(error) is UserError, repr(error)
    assert_named(str(error), named)


def assert_refused(outcome: Outcome, *named: object, field: str = "", value: object = None, path: Path = "") -> None:
    """Checks that a command was refused: code 2, no traceback, and a line that begins with what is at fault."""
    assert outcome.code == EXIT_USER_ERROR, outcome.output
    assert "Traceback" not in outcome.output
    if field or path:
        error = FieldError(field, value, "") if field else FileError(path, "")
        assert any(line.startswith(str(error)) for line in outcome.output.splitlines()), (str(error), outcome.output)
    assert_named(outcome.output, named)


def assert_named(sentence: str, named: tuple[object, ...]) -> None:
    """Checks that names and numbers stand in a sentence."""
    for one in named:
        assert re.search(rf"(?<![\w.]){re.escape(str(one))}(?!\w)", sentence), (one, sentence)
