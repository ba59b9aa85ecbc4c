"""Names of other people's files and classes in pages that are read as Markdown or HTML."""

import re

_ACTIVE = re.compile(r"[|<>&*`\[\]\\\x00-\x1f]|(?<![^\W_])_|_(?![^\W_])")
"""What Markdown or HTML would act on; an underscore within a word is one of its letters."""


def escape(text: str) -> str:
    """Returns a text that is shown as it is, in a table's cell too, and is nothing but text."""
    return _ACTIVE.sub(lambda match: f"&#{ord(match[0])};", text)
