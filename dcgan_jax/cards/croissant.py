"""croissant.json: a folder described to programs, in Croissant 1.1 (http://mlcommons.org/croissant/1.1) with the fields
for responsible AI (http://mlcommons.org/croissant/RAI/1.0).
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from dcgan_jax.cards import statements
from dcgan_jax.cards.origin import Origin
from dcgan_jax.settings import DataSettings, ExportSettings

CROISSANT = "croissant.json"
VERSION = "http://mlcommons.org/croissant/1.1"
RAI_VERSION = "http://mlcommons.org/croissant/RAI/1.0"

_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "prov": "http://www.w3.org/ns/prov#",
    "sc": "https://schema.org/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "description": {"@container": "@language"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "name": {"@container": "@language"},
    **{
        name: f"cr:{name}"
        for name in (
            *("arrayShape", "citeAs", "column", "containedIn", "equivalentProperty", "extract", "field", "fileObject"),
            *("fileProperty", "fileSet", "format", "includes", "isArray", "isLiveDataset", "jsonPath", "key", "md5"),
            *("parentField", "path", "recordSet", "references", "regex", "repeated", "replace", "samplingRate"),
            *("separator", "source", "subField", "transform"),
        )
    },
}
"""The context that the specification recommends, with the one of its provenance."""


class DescribedFile(NamedTuple):
    """A file of the folder: its name, its type and its content."""

    name: str
    media_type: str
    content: bytes

    @classmethod
    def of_text(cls, name: str, media_type: str, text: str) -> "DescribedFile":
        """Describes a file that `atomic_file.write_text` would write."""
        return cls(name, media_type, text.encode("utf-8", errors="surrogateescape"))


def describe_images(
    pattern: str, class_of: str, manifest: DescribedFile, columns: Sequence[str]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Returns the `distribution` and the `recordSet` of a folder of PNG files with their manifest.

    Args:
      pattern: of the files, from the folder on.
      class_of: regular expression whose group is the class in a file's path.
      manifest: the manifest.
      columns: of it that are described.
    """
    images = {
        "@type": "cr:FileSet",
        "@id": "image-files",
        "name": "image files",
        "encodingFormat": "image/png",
        "includes": pattern,
    }

    def describe_field(of: str, name: str, kind: str, source: dict[str, Any]) -> dict[str, Any]:
        return {"@type": "cr:Field", "@id": f"{of}/{name}", "name": name, "dataType": kind, "source": source}

    def take(name: str, kind: str, what: str, **how: Any) -> dict[str, Any]:
        source = {"fileSet": {"@id": "image-files"}, "extract": {"fileProperty": what}, **how}
        return describe_field("images", name, kind, source)

    def column(name: str) -> dict[str, Any]:
        source = {"fileObject": {"@id": manifest.name}, "extract": {"column": name}}
        return describe_field("manifest", name, "sc:Text", source)

    fields = [
        take("image", "sc:ImageObject", "content"),
        take("class", "sc:Text", "fullpath", transform={"regex": class_of}),
        take("file", "sc:Text", "fullpath"),
    ]
    record_sets = [
        {"@type": "cr:RecordSet", "@id": "images", "name": "images", "field": fields},
        {"@type": "cr:RecordSet", "@id": "manifest", "name": "manifest", "field": [column(name) for name in columns]},
    ]
    return [*describe_files([manifest]), images], record_sets


def describe_files(files: Iterable[DescribedFile]) -> list[dict[str, Any]]:
    """Returns files as entries of a `distribution`."""
    return [
        {
            "@type": "cr:FileObject",
            "@id": file.name,
            "name": file.name,
            "contentUrl": file.name,
            "contentSize": f"{len(file.content)} B",
            "encodingFormat": file.media_type,
            "sha256": hashlib.sha256(file.content).hexdigest(),
        }
        for file in files
    ]


def format_croissant(
    title: str,
    data: DataSettings,
    origins: Sequence[Origin],
    export: ExportSettings,
    made_by: str,
    distribution: Sequence[dict[str, Any]],
    record_sets: Sequence[dict[str, Any]] = (),
    holds_real: bool = False,
) -> str:
    """Returns the content of croissant.json; what nobody has stated is not in it.

    Args:
      title: of the folder.
      data: what the real images are.
      origins: the generators.
      export: says whose it is.
      made_by: the mode of the program that wrote the folder.
      distribution: its files, as `describe_files` returns them.
      record_sets: how they are read, as `describe_images` returns it.
      holds_real: whether real images are among them.
    """
    creator = {"@type": "Organization", "name": export.creator} if export.creator else None
    stated = {"creator": creator, "url": export.url, "datePublished": export.date}
    collection = f"Drawn by a generative adversarial network that was trained on {statements.describe_source(data)}."
    if holds_real:
        collection = f"Real images as their owners collected them, and others. {collection}"
    values = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": [VERSION, RAI_VERSION],
        "name": title,
        "description": f"{title}. {statements.LIMITS[0]} {statements.NOT_FOR[0]}",
        "license": statements.find_license_page(statements.choose_license(data, export)),
        **{name: value for name, value in stated.items() if value},
        "citeAs": f"{title}, made with {statements.PROGRAM}. {statements.describe_attribution(data)}",
        "keywords": ["synthetic", "GAN", statements.name_kind(data)],
        "version": "1.0.0",
        "isLiveDataset": False,
        "distribution": list(distribution),
        "recordSet": list(record_sets),
        "rai:hasSyntheticData": True,
        "rai:dataCollection": collection,
        "rai:dataCollectionType": ["Software Collection"],
        "rai:dataPreprocessingProtocol": [f"Training images of {data.image_size} x {data.image_size} pixels."],
        "rai:dataUseCases": list(statements.USES),
        "rai:dataLimitations": [*statements.NOT_FOR, *statements.LIMITS],
        "rai:dataBiases": [statements.describe_biases(data)],
        "rai:dataSocialImpact": (
            "Images of a rare class without images of more patients; they may carry what a few patients have, "
            "or hide that a class is rare."
        ),
        "rai:personalSensitiveInformation": list(_describe_sensitive(data, origins, holds_real)),
        "prov:wasGeneratedBy": {
            "@type": "prov:Activity",
            "name": f"{statements.PROGRAM} --mode={made_by}",
            "description": "; ".join(
                f"checkpoint of {origin.step} updates, trained on {origin.num_images} images" for origin in origins
            ),
        },
        **({"prov:wasDerivedFrom": {"@id": statements.PUBLISHED_URL}} if data.is_published else {}),
    }
    return json.dumps(values, indent=1, ensure_ascii=True) + "\n"


def _describe_sensitive(data: DataSettings, origins: Sequence[Origin], holds_real: bool) -> Iterator[str]:
    if holds_real and data.source != "phantom":
        yield "Real images of patients are among these."
    yield "No patient was imaged for the synthetic images. A generator may reproduce training images: see README.md."
    if unassessed := sorted({label for origin in origins for label in origin.unassessed}):
        yield f"Whether it does was not assessed for {', '.join(unassessed)}."


def is_croissant(content: bytes) -> bool:
    """Returns whether a croissant.json is one of ours."""
    return f"{statements.PROGRAM} --mode=".encode() in content
