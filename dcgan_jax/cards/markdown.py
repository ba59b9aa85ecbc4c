"""README.md: a template with values that stay text, under the header in YAML that Hugging Face reads."""

import json
import re
from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from dcgan_jax.cards import statements
from dcgan_jax.cards.origin import Origin
from dcgan_jax.cards.scores import list_scores
from dcgan_jax.storage.markdown import escape

README = "README.md"
MARK = "<!-- written by dcgan_jax -->"
"""By which a README.md of ours is known, so that the same command may replace it."""

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_LICENSE_ID = re.compile(r"[a-z0-9][a-z0-9.-]*")


def _as_text(value: Any) -> Any:
    """Returns what an expression of a template shows: text with nothing in it that Markdown or HTML would act on."""
    return value if isinstance(value, Markup) else Markup(escape(str(value)))


_TEMPLATES = Environment(
    loader=PackageLoader("dcgan_jax.cards"),
    autoescape=True,  # so that macros give Markup; `_as_text` comes first, and escapes for Markdown too
    finalize=_as_text,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
_TEMPLATES.globals.update(statements=statements, list_scores=list_scores)


def render_readme(
    template: str, title: str, license_name: str, origin: Origin, header: Mapping[str, Any], values: Mapping[str, Any]
) -> str:
    """Returns a card.

    Args:
      template: its name in templates/.
      title: what the folder is called.
      license_name: empty where nobody has stated one.
      origin: a generator of its images.
      header: more fields of the YAML header: texts, numbers, lists and mappings.
      values: of the template, besides title and license.
    """
    body = _TEMPLATES.get_template(f"{template}.md").render(values, title=title, license_name=license_name)
    kind = ["phantom"] if origin.data.source == "phantom" else ["medical", "radiograph"]
    tags = ["synthetic", "gan", "dcgan", *kind]
    fields = {"pretty_name": title, **_create_license_fields(license_name), "tags": tags, **header}
    lines = [f"{name}: {_to_yaml(value)}" for name, value in fields.items()]
    spaced = re.sub(r"\n{3,}", "\n\n", body.strip())  # parts that have nothing to say leave blank lines
    return "\n".join(["---", *lines, "---", MARK, "", spaced, ""])


def is_readme(content: bytes) -> bool:
    """Returns whether a README.md is one of ours."""
    return MARK.encode() in content[:10_000]


def _create_license_fields(license_name: str) -> dict[str, str]:
    """Returns the fields of the header that say the license; what is no identifier counts as another license."""
    if _LICENSE_ID.fullmatch(license_name):
        return {"license": license_name}
    return {"license": "other", "license_name": license_name or "not-stated"}


def choose_size_category(count: int) -> str:
    """Returns in which of Hugging Face's classes of sizes a number of images falls."""
    return next((name for most, name in _SIZES if count < most), "n>1M")


def _to_yaml(value: Any) -> str:
    """Returns a value as JSON, which YAML reads; what lies outside ASCII as YAML's own escapes."""
    text = json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(sign if " " <= sign <= "~" else f"\\U{ord(sign):08X}" for sign in text)
