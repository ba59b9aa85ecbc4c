"""The pages: templates, the user's Markdown, and the files that they load; nothing from another host."""

from collections.abc import Mapping
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markdown_it import MarkdownIt
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_STATIC = resources.files(__package__) / "static"

STATIC = {
    file.name: (file.read_bytes(), _TYPES[file.name.rpartition(".")[2]])
    for file in _STATIC.iterdir()
    if file.name.rpartition(".")[2] in _TYPES
}
"""Content and type of each file that pages load, by its name."""

_TEMPLATES = Environment(
    loader=PackageLoader("dcgan_jax.study"),
    autoescape=select_autoescape(default=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).disable("image")


def render(name: str, values: Mapping[str, Any], status: int = 200) -> Response:
    """Returns a page."""
    return HTMLResponse(_TEMPLATES.get_template(f"{name}.html").render(values), status)


def render_markdown(text: str) -> Markup:
    """Returns HTML; what is HTML in the text already is shown as it is written, not run."""
    return Markup(_MARKDOWN.render(text))
