"""JSON files with a type: what a program writes down for other programs, and for its own later versions."""

import json
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from etils import epath
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from dcgan_jax.errors import FileError
from dcgan_jax.storage import atomic_file

Kind = TypeVar("Kind", bound="Record")


class Record(BaseModel):
    """A JSON object of declared fields, read by attribute.

    A subclass counts its versions in `VERSION` and takes over what older ones wrote in `upgrade`. Fields that a file
    has and no version declares are refused: a misspelled name must not pass in silence.

    Attributes:
      schema_version: of the file; the first typed version is 1, files from before have none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="null")

    VERSION: ClassVar[int] = 1

    schema_version: int = 0

    @model_validator(mode="before")
    @classmethod
    def _of_this_version(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        version = values.get("schema_version", cls.VERSION)  # made here, where it is not said
        if not isinstance(version, int) or version > cls.VERSION:
            raise ValueError(f"schema_version {version!r} is newer than {cls.VERSION}, the newest that is known here")
        try:
            return {**cls.upgrade(values, version), "schema_version": cls.VERSION}
        except (AttributeError, KeyError, TypeError) as error:  # of a damaged file, whose values are of other types
            raise ValueError(f"it is not as version {version} wrote it: {error}") from error

    @classmethod
    def upgrade(cls, values: dict[str, Any], version: int) -> dict[str, Any]:
        """Returns values that an older version (0: from before they were counted) wrote as this one would have."""
        return values

    @classmethod
    def read(
        cls: type[Kind],
        path: Path | epath.Path,
        remedy: str = "restore it, or remove it and run the command again that wrote it",
    ) -> Kind:
        """Reads a file that this or an older version wrote.

        Raises:
          FileNotFoundError: there is none.
          UserError: it is damaged, of another kind, or of a newer version; the sentence ends with the remedy.
        """
        try:
            values = json.loads(path.read_bytes())
            if not isinstance(values, dict):
                raise ValueError("it holds no fields")
            return cls.model_validate({"schema_version": 0, **values})
        except FileNotFoundError:
            raise
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(map(str, first["loc"]))
            raise FileError(path, f"is damaged ({f'{name}: ' if name else ''}{first['msg']}): {remedy}.") from None
        except (ValueError, RecursionError) as error:
            raise FileError(path, f"is damaged ({error}): {remedy}.") from None
        except OSError as error:
            raise FileError(path, f"cannot be read ({error.strerror}): {remedy}.") from None

    def write(self, path: Path) -> None:
        """Writes the file, whole or not at all."""
        atomic_file.write_text(path, self.model_dump_json(indent=1) + "\n")


class Part(BaseModel):
    """A nested object of a record; its version is the record's. Names that Python keeps for itself are aliases."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", ser_json_inf_nan="null", validate_by_name=True, serialize_by_alias=True
    )
