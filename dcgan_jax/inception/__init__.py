"""Inception-V3: the network, its weights, and the features of images."""
