"""Cards: what a folder of synthetic images, or a generator, says of itself to people and to programs."""
