"""A run: its folder, and what is done with it: prepare, train, evaluate, generate."""
