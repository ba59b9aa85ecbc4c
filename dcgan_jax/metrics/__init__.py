"""Distances between sets of features, and their intervals: NumPy and SciPy only."""
