"""The arms of a trial, each in one place: what its classifiers are trained on."""

from typing import TYPE_CHECKING, Literal, NamedTuple


class ArmKind(NamedTuple):
    """What classifiers are trained on.

    Attributes:
      description: that, in a sentence.
      added: what comes to the real images, `config.trial.ratios` of it for each real image of its class: copies of
        images of the class that a generator learns, synthetic images of it, or synthetic images of every class.
      has_real: whether real images take part.
      is_augmented: whether all images are randomly changed.
      is_weighted: whether both sides of the decision count alike in the loss.
      is_selected: whether each synthetic image is chosen among several, by `config.trial.select`.
    """

    description: str
    added: Literal["nothing", "copies", "of_one_class", "of_all_classes"] = "nothing"
    has_real: bool = True
    is_augmented: bool = False
    is_weighted: bool = False
    is_selected: bool = False


ARMS: dict[str, ArmKind] = {
    "real": ArmKind("real images alone, what all others are compared with"),
    "classical": ArmKind(
        "random rotations, shifts, changes of scale, brightness and contrast of the real images", is_augmented=True
    ),
    "weighted": ArmKind("both sides of the decision count alike in the loss", is_weighted=True),
    "duplicated": ArmKind(
        "copies of real images of one class, in place of synthetic ones: more images, no more information", "copies"
    ),
    "synthetic": ArmKind("synthetic images of one class", "of_one_class"),
    "selected": ArmKind("synthetic images of one class, each the best of several", "of_one_class", is_selected=True),
    "both": ArmKind(
        "synthetic images of one class, with random rotations, shifts and changes of all images",
        "of_one_class",
        is_augmented=True,
    ),
    "synthetic_all": ArmKind(
        "synthetic images of every class, so that being synthetic says nothing about the label", "of_all_classes"
    ),
    "synthetic_only": ArmKind(
        "synthetic images of every class, without any real one", "of_all_classes", has_real=False
    ),
}
"""The arms by their names, in the order in which they are shown."""

if TYPE_CHECKING:
    ArmName = str
else:
    ArmName = Literal[*ARMS]
