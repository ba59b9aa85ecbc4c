"""What ends a command in good order, and with which exit code."""


class UserError(Exception):
    """A mistake of the user: one sentence that names the field or file, the value and the remedy.

    Commands print the sentence and exit with `EXIT_USER_ERROR`, without a traceback. Anything else that
    reaches the top is a defect of ours and keeps its traceback.
    """


class RetryLater(Exception):
    """What may pass by itself: one sentence; commands print it and exit with `EXIT_INTERRUPTED`."""


EXIT_DEFECT = 1
"""Exit code of a defect of ours, after its traceback."""

EXIT_USER_ERROR = 2
"""Exit code of a user's mistake: running the same command again cannot help."""

EXIT_INTERRUPTED = 75
"""Exit code of a run that was stopped and can go on (EX_TEMPFAIL): run the same command again."""
