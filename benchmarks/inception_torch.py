"""pytorch-fid's Inception-V3 in torch with batch normalization folded in, for benchmarks/inception.py alone.

Started as `python inception_torch.py DIMS BATCH LAYOUT` by a Python that needs only torch. For every line on its
standard input it computes the features of one batch of noise and prints the seconds that took, by the wall and of the
processor. Weights are random.
"""

import sys
import time

import torch
from torch import nn

Size = int | tuple[int, int]
"""Of a kernel: height and width."""


class Convolution(nn.Conv2d):
    """Convolution and ReLU; padded to keep the size unless told otherwise."""

    def __init__(self, channels: int, features: int, size: Size, stride: int = 1, same: bool = True):
        height, width = size if isinstance(size, tuple) else (size, size)
        padding = (height // 2, width // 2) if same else 0
        super().__init__(channels, features, (height, width), stride, padding)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Returns the next feature maps."""
        return nn.functional.relu(super().forward(x), inplace=True)


class Average(nn.AvgPool2d):
    """The average pool that does not count the padding."""

    def __init__(self) -> None:
        super().__init__(3, 1, 1, count_include_pad=False)


class Branches(nn.ModuleList):
    """Joins what its members make of the same input."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Returns the next feature maps."""
        return torch.cat([branch(x) for branch in self], 1)


def chain(channels: int, *layers: tuple[int, Size]) -> nn.Module:
    """Convolutions after each other, given as (features, size)."""
    modules = []
    for features, size in layers:
        modules.append(Convolution(channels, features, size))
        channels = features
    return nn.Sequential(*modules)


def pooled(channels: int, features: int, pool: nn.Module | None = None) -> nn.Module:
    return nn.Sequential(pool or Average(), Convolution(channels, features, 1))


def half(channels: int, features: int) -> nn.Module:
    return Convolution(channels, features, 3, stride=2, same=False)


def block_a(channels: int, pool_features: int) -> nn.Module:
    return Branches(
        [
            chain(channels, (64, 1)),
            chain(channels, (48, 1), (64, 5)),
            chain(channels, (64, 1), (96, 3), (96, 3)),
            pooled(channels, pool_features),
        ]
    )


def block_c(width: int) -> nn.Module:
    tall, wide = (7, 1), (1, 7)
    return Branches(
        [
            chain(768, (192, 1)),
            chain(768, (width, 1), (width, wide), (192, tall)),
            chain(768, (width, 1), (width, tall), (width, wide), (width, tall), (192, wide)),
            pooled(768, 192),
        ]
    )


def block_e(channels: int, pool: nn.Module | None = None) -> nn.Module:
    def lines() -> nn.Module:
        return Branches([Convolution(384, 384, (1, 3)), Convolution(384, 384, (3, 1))])

    return Branches(
        [
            chain(channels, (320, 1)),
            nn.Sequential(chain(channels, (384, 1)), lines()),
            nn.Sequential(chain(channels, (448, 1), (384, 3)), lines()),
            pooled(channels, 192, pool),
        ]
    )


def create_network(dims: int) -> nn.Module:
    shrink = nn.MaxPool2d(3, 2)
    stages = [
        half(3, 32),
        Convolution(32, 32, 3, same=False),
        Convolution(32, 64, 3),
        shrink,
        Convolution(64, 80, 1),
        Convolution(80, 192, 3, same=False),
        shrink,
        *(block_a(channels, features) for channels, features in ((192, 32), (256, 64), (288, 64))),
        Branches([half(288, 384), nn.Sequential(chain(288, (64, 1), (96, 3)), half(96, 96)), shrink]),
        *map(block_c, (128, 160, 160, 192)),
    ]
    if dims > 768:
        seven = chain(768, (192, 1), (192, (1, 7)), (192, (7, 1)))
        stages += [
            Branches(
                [nn.Sequential(chain(768, (192, 1)), half(192, 320)), nn.Sequential(seven, half(192, 192)), shrink]
            ),
            block_e(1280),
            block_e(2048, nn.MaxPool2d(3, 1, 1)),
        ]
    return nn.Sequential(*stages)


def main(dims: int, batch_size: int, layout_name: str) -> None:
    layout = getattr(torch, layout_name)
    network = create_network(dims).eval().to(memory_format=layout)
    images = torch.rand(batch_size, 3, 299, 299).contiguous(memory_format=layout)
    with torch.inference_mode():
        for _ in sys.stdin:
            for _ in range(2):  # the caches are warm, whoever's turn it was before
                start, processor = time.perf_counter(), time.process_time()
                features = network(images).mean((2, 3))
                seconds = time.perf_counter() - start, time.process_time() - processor
            assert features.shape == (batch_size, dims)
            print(*seconds, flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
