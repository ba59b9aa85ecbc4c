"""Convolutions by oneDNN on CPUs: its library among the installed packages, called through a few handlers of XLA."""
