"""Configurations: default.py names every field, the others override a few."""
