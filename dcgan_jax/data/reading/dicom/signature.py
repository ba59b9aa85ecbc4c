"""Whether a file is DICOM, by its first bytes: the mark after the preamble, or elements that can be nothing else."""

import struct

MARK_AT, MARK = 128, b"DICM"
_FIRST_GROUPS = (0x0002, 0x0008)
_ELEMENTS = 3  # that must follow each other in order, where no mark says what the file is
_LONG = (b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"UC", b"UN", b"UR", b"UT")
_SHORT = (b"AE", b"AS", b"CS", b"DA", b"DS", b"DT", b"IS", b"LO", b"PN", b"SH", b"TM", b"UI", b"UL", b"US")


def is_dicom(head: bytes) -> bool:
    """Returns whether a file that begins with these bytes is DICOM; of one without preamble, whether it is for sure."""
    if head.startswith(MARK, MARK_AT):
        return True
    return any(_follow(head, order, explicit) for order, explicit in (("<", True), ("<", False), (">", True)))


def _follow(head: bytes, order: str, explicit: bool) -> bool:
    """Returns whether elements of the first groups follow each other, each after the one before."""
    place, last = 0, -1
    for _ in range(_ELEMENTS):
        if place + 12 > len(head):
            return False
        group, element = struct.unpack_from(f"{order}HH", head, place)
        kind = head[place + 4 : place + 6]
        tag = group << 16 | element
        if group not in _FIRST_GROUPS or tag <= last:
            return False
        if explicit and kind in _LONG:
            place, length = place + 12, struct.unpack_from(f"{order}L", head, place + 8)[0]
        elif explicit and kind in _SHORT:
            place, length = place + 8, struct.unpack_from(f"{order}H", head, place + 6)[0]
        elif not explicit:
            place, length = place + 8, struct.unpack_from(f"{order}L", head, place + 4)[0]
        else:
            return False
        place, last = place + length, tag
    return True
