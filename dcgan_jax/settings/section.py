"""What a field of the settings can be: its types and ranges, and the section that holds it."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

STORES = ("gs://", "s3://")
"""The object stores that orbax writes to."""


class Section(BaseModel):
    """Fields that no code changes, of the types stated and no others.

    A field's default is its value, and the docstring under it its sentence in docs/fields.md and in `--help`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True)

    @model_validator(mode="after")
    def _checked(self) -> "Section":
        self._check()
        return self

    def _check(self) -> None:
        """Raises FieldError where fields, each possible by itself, do not go together."""


def resolve_path(path: str) -> str:
    """Makes a path absolute, so that a run does not depend on where a command is given; empty stays."""
    if "://" in path:
        raise ValueError("a path of a file system, where the storage is mounted")
    if not path:
        return path
    return str(Path.home() / path[2:] if path.startswith("~/") else Path(path).absolute())


def resolve_place(place: str) -> str:
    """Makes a path absolute; leaves an address of an object store as it is."""
    if "://" not in place:
        return resolve_path(place)
    if not place.startswith(STORES):
        raise ValueError(f"a path, or an address that begins with {' or '.join(STORES)}")
    return place


def _split(value: Any) -> list[Any]:
    """Takes lists, as JSON has them, and values with commas between them, as a command line has them."""
    values = value if isinstance(value, list | tuple) else (value,)
    return [part for item in values for part in (item.split(",") if isinstance(item, str) else [item])]


def _listed(value: Any) -> Any:
    return tuple(part for part in _split(value) if part != "")


def _in_order(value: Any) -> Any:
    """Takes values that say by their place what they are: a blank holds its place."""
    parts = [part.strip() if isinstance(part, str) else part for part in _split(value)]
    return () if parts == [""] else tuple(parts)


def _without_repeats(values: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(set(values)) < len(values):
        raise ValueError("each value once")
    return values


def _not_one(value: int) -> int:
    if value == 1:
        raise ValueError("0, or 2 or more")
    return value


PositiveInt = Annotated[int, Field(gt=0)]
NonNegativeInt = Annotated[int, Field(ge=0)]
ZeroOrSeveral = Annotated[int, Field(ge=0), AfterValidator(_not_one)]
PositiveFloat = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NonNegativeFloat = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]
ShareBelowOne = Annotated[float, Field(ge=0, lt=1)]
ProperShare = Annotated[float, Field(gt=0, lt=1)]
Fraction = Annotated[float, Field(gt=0, le=1)]
Seed = Annotated[int, Field(ge=0, lt=2**31)]
AbsolutePath = Annotated[str, AfterValidator(resolve_path)]
StoragePlace = Annotated[str, AfterValidator(resolve_place)]
InOrder = BeforeValidator(_in_order)
Listed = (BeforeValidator(_listed), AfterValidator(_without_repeats))
