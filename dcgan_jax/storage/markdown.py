"""Names of other people's files and classes in pages that are read as Markdown or HTML."""


def escape(text: str) -> str:
    """Returns a text that is shown as it is, in a table's cell too, and is nothing but text."""
    return "".join(f"&#{ord(sign)};" if sign in "|<>&*_`[]\\" or ord(sign) < 32 else sign for sign in text)
