"""Training: losses, the state, the step over all devices, checkpoints and the loop."""
