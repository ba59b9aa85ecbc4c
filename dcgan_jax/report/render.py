"""What the page says, and its images -> HTML; names of classes and files, and readers' words, stay text."""

from importlib import resources
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from dcgan_jax.report import numbers
from dcgan_jax.report.page import Page
from dcgan_jax.report.pictures import Pictures

_TEMPLATES = Environment(
    loader=PackageLoader("dcgan_jax.report"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters |= {"quoted": quote} | {each.__name__: each for each in numbers.FILTERS}


def render(page: Page, pictures: Pictures, losses: str, accuracies: str) -> str:
    """Returns the page as one HTML document that asks for nothing; SVG of losses and accuracies may be empty."""
    style = (resources.files("dcgan_jax.report") / "templates" / "report.css").read_text(encoding="utf-8")
    return _TEMPLATES.get_template("report.html").render(
        page=page,
        pictures=pictures,
        style=Markup(style),  # ours, as are the curves: all else is escaped
        losses=Markup(losses),
        accuracies=Markup(accuracies),
    )
