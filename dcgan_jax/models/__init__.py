"""The networks: generator, discriminator and the Inception-V3 that judges them."""
