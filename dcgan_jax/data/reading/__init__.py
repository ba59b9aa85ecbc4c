"""One image file -> its values as they are stored; every quirk of a file format is known here and nowhere else."""
