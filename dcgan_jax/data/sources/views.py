"""Which views are learned from, whether the header of a DICOM file or a table of labels tells them."""

from collections.abc import Collection

_LATERAL = frozenset(("LL", "RL", "LATERAL", "LAT", "L"))


def is_wanted(told: Collection[str], views: Collection[str]) -> bool:
    """Returns whether an image is of a view that is asked for.

    Args:
      told: what is known of the image's view, in capitals; nothing where no view is told, and such images are wanted.
      views: `data.views`, in any case; empty for all but lateral ones.
    """
    if not told:
        return True
    if not views:
        return _LATERAL.isdisjoint(told)
    return not {view.upper() for view in views}.isdisjoint(told)
