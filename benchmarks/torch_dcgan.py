"""The paper's networks and iteration in torch with channels last, for benchmarks/train_step.py alone.

Started as `python torch_dcgan.py IMAGE_SIZE BASE_CHANNELS BATCH_SIZE` by a Python that needs only torch. For every line
on its standard input it runs one iteration on noise and prints the seconds that took, by the wall and of the processor.
"""

import sys
import time

import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits

STAGES, LATENT, LEAK = 4, 100, 0.2


def create_generator(side: int, width: int) -> nn.Sequential:
    """The generator; `side` is that of its first maps, `width` the number of channels of its last stage."""
    channels = width * 2**STAGES
    layers = [nn.Linear(LATENT, side * side * channels), nn.LeakyReLU(LEAK), nn.Unflatten(1, (channels, side, side))]
    for _ in range(STAGES):
        layers += [nn.ConvTranspose2d(channels, channels // 2, 4, 2, 1), nn.LeakyReLU(LEAK)]
        channels //= 2
    return nn.Sequential(*layers, nn.Conv2d(channels, 1, 5, padding=2), nn.Tanh())


def create_discriminator(side: int, width: int) -> nn.Sequential:
    """The discriminator; `side` is that of its last maps, `width` the number of channels of its first convolution."""
    layers: list[nn.Module] = [nn.Conv2d(1, width, 5, padding=2), nn.LeakyReLU(LEAK)]
    for stage in range(STAGES):
        layers += [nn.Conv2d(width * 2**stage, width * 2 ** (stage + 1), 5, 2, 2), nn.LeakyReLU(LEAK)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Dropout(0.4), nn.Linear(side * side * width * 2**STAGES, 1))


class Iteration:
    """The discriminator on half a batch of real images, then of generated ones; the generator on a whole one."""

    def __init__(self, image_size: int, width: int, batch_size: int):
        side, self.batch_size = image_size // 2**STAGES, batch_size
        self.generator = create_generator(side, width).to(memory_format=torch.channels_last)
        self.discriminator = create_discriminator(side, width).to(memory_format=torch.channels_last)
        self.steps = {
            network: torch.optim.Adam(network.parameters(), lr=1e-4, betas=(0.5, 0.999))
            for network in (self.generator, self.discriminator)
        }
        half = torch.rand(batch_size // 2, 1, image_size, image_size) * 2 - 1
        self.real = half.contiguous(memory_format=torch.channels_last)

    def run(self) -> list[float]:
        """Runs it once and returns the three losses, as Keras does."""
        half = self.batch_size // 2
        loss_real = self.update(self.discriminator, self.real, 1.0)
        with torch.no_grad():
            generated = self.generator(torch.randn(half, LATENT))
        loss_generated = self.update(self.discriminator, generated, 0.0)
        self.discriminator.requires_grad_(False)
        loss = self.update(self.generator, self.generator(torch.randn(self.batch_size, LATENT)), 1.0)
        self.discriminator.requires_grad_(True)
        return [loss_real, loss_generated, loss]

    def update(self, network: nn.Module, images: torch.Tensor, label: float) -> float:
        """Updates one network so that the discriminator's verdict comes closer to `label`."""
        logits = self.discriminator(images)
        loss = binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))
        self.steps[network].zero_grad()
        loss.backward()
        self.steps[network].step()
        return loss.item()


def main(image_size: int, width: int, batch_size: int) -> None:
    iteration = Iteration(image_size, width, batch_size)
    for _ in sys.stdin:
        start, processor = time.perf_counter(), time.process_time()
        iteration.run()
        print(time.perf_counter() - start, time.process_time() - processor, flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
