"""Does it help? The same classifier on real images with and without synthetic ones, and what the numbers support."""
