"""Scores that can be trusted: features, distances, and the protocol each number was measured under."""
