"""Whether generated images are copies of training images."""
