"""`--mode=export`: a generator to pass on, with all that its receiver needs and nothing of its training data."""
