"""One DICOM file -> the gray values of its one frame, and how the file itself says they are shown.

Stored values -> modality lookup table, or rescale slope and intercept -> VOI lookup table, else window -> inverted
where black is the greatest value, once, at the end (PS3.3 C.11.1, C.11.2, C.7.6.3.1.2).
"""
