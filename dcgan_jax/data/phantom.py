"""Drawn chest X-rays: every image a pure function of (seed, index, class), so anyone has data and tests know the truth.

What lies behind each other adds up, as on film: every part is drawn as a mask of how much it absorbs (air takes away),
and the sum goes through an exposure curve. The classes differ in one thing only: PNEUMONIA adds opacities in the lungs.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from jaxtyping import Float32, UInt8
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from dcgan_jax.data import phantom_anatomy as anatomy
from dcgan_jax.data.phantom_anatomy import Build, Outline

CLASSES = ("NORMAL", "PNEUMONIA")
SIDES = (-1, 1)
DRAWING_VERSION = 1
"""Counts up whenever the drawings change, so that no prepared set mixes two."""

_OVERSAMPLING = 2

Mask = Float32[np.ndarray, "side side"]


def draw_phantom(size: int, seed: int, index: int, label: str) -> UInt8[np.ndarray, "size size"]:
    """Returns one drawn X-ray of `size` pixels a side, gray, 0 (air) to 255 (bone).

    The seed is that of a whole set, the index that of the image within its class, one of `CLASSES`.
    """
    rng = np.random.default_rng([seed, index, CLASSES.index(label)])
    build = Build.draw(rng)
    film = _Film(size * _OVERSAMPLING, rng)
    lungs = film.fill([anatomy.lung(build, side) for side in SIDES], blur=0.006)
    middle = film.fill([anatomy.heart(build), anatomy.aorta(build)], blur=0.010)
    density = _soft_tissue(film, build, lungs, middle) + _bones_and_vessels(film, build, rng)
    if label == "PNEUMONIA":
        density += _opacities(film, build, rng) * lungs * (1 - 0.7 * middle)
    return _expose(density, size, rng)


class _Film:
    """Masks of outlines, in the pose in which the patient happens to lie."""

    def __init__(self, side: int, rng: np.random.Generator):
        self._side = side
        angle, scale = rng.normal(0, 0.025), rng.uniform(0.94, 1.08)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        self._turn = turn * scale * [rng.uniform(0.97, 1.10), 1.0]
        self._shift = [0.5 + rng.normal(0, 0.015), 0.5 + rng.normal(0, 0.02)]

    def create_image(self, side: int | None = None) -> tuple[Image.Image, ImageDraw.ImageDraw]:
        """Returns an empty film to draw on."""
        image = Image.new("L", (side or self._side, side or self._side))
        return image, ImageDraw.Draw(image)

    def place(self, outline: Outline, side: int | None = None) -> list[float]:
        """Returns where the outline's points come to lie, in pixels, x and y in turn."""
        placed = (outline - [0, 0.5]) @ self._turn.T + self._shift
        return (placed * (side or self._side)).ravel().tolist()

    def fill(self, outlines: Sequence[Outline], blur: float) -> Mask:
        """Returns filled outlines, with edges as soft as `blur` (in heights of the image)."""
        # What is very soft needs few pixels, and Pillow's time goes by pixels.
        side = self._side // (4 if blur > 0.015 else 1)
        image, draw = self.create_image(side)
        for outline in outlines:
            draw.polygon(self.place(outline, side), fill=255)
        image = image.filter(ImageFilter.GaussianBlur(blur * side))
        return _to_mask(image.resize((self._side, self._side), Image.Resampling.BILINEAR))

    def trace(self, draw: ImageDraw.ImageDraw, lines: Iterable[Outline], width: float, level: float) -> None:
        """Draws lines of the given width (in heights of the image) and level (1 is white)."""
        for line in lines:
            draw.line(self.place(line), fill=round(255 * level), width=max(1, round(width * self._side)))


def _to_mask(image: Image.Image) -> Mask:
    """Returns a film as numbers from 0 to 1."""
    return np.asarray(image, np.float32) / np.float32(255)


def _soft_tissue(film: _Film, build: Build, lungs: Mask, middle: Mask) -> Mask:
    body = film.fill([anatomy.torso(build), *(anatomy.arm(build, side, 0.075) for side in SIDES)], blur=0.022)
    belly = film.fill([anatomy.belly(build)], blur=0.05)
    # The heart hides the lung behind it.
    return 0.42 * body * body + 0.15 * belly - 0.36 * lungs * (1 - 0.88 * middle)


def _bones_and_vessels(film: _Film, build: Build, rng: np.random.Generator) -> Mask:
    """Returns all that has sharp edges; each pair of films holds what may cross without adding up."""
    near, draw = film.create_image()
    for side in SIDES:
        film.trace(draw, [anatomy.front_rib(build, side, number) for number in range(1, 7)], 0.022, 0.045 / 0.2)
        for _ in range(14):
            film.trace(draw, [anatomy.vessel(rng, build, side)], rng.uniform(0.003, 0.010), rng.uniform(0.2, 0.5))
        draw.polygon(film.place(anatomy.arm(build, side, 0.028)), fill=round(255 * 0.7))
        draw.polygon(film.place(anatomy.shoulder_blade(build, side)), fill=round(255 * 0.25))
        film.trace(draw, [anatomy.clavicle(build, side)], 0.026, 0.65)
    far, draw = film.create_image()
    ribs = [anatomy.back_rib(build, side, number) for side in SIDES for number in range(10)]
    # A rib is a tube: its rims absorb more than its middle.
    film.trace(draw, ribs, 0.022, 0.11 / 0.2)
    film.trace(draw, ribs, 0.010, 0.075 / 0.2)
    draw.polygon(film.place(anatomy.vertebra(0.5, 0.042, 0.7)), fill=round(255 * 0.32))
    for y in np.arange(-0.02, 1.1, 0.058):
        draw.polygon(film.place(anatomy.vertebra(y, 0.036 + 0.008 * y, 0.022)), fill=round(255 * 0.62))
    soft = ImageFilter.GaussianBlur(0.0035 * near.width)
    return 0.2 * _to_mask(ImageChops.add(near, far).filter(soft))


def _opacities(film: _Film, build: Build, rng: np.random.Generator) -> Mask:
    """Returns one to five cloudy patches, mostly low and near the heart, or a haze over one lung."""
    patches = []
    for _ in range(rng.integers(1, 6)):
        side = rng.choice(SIDES)
        center = [side * rng.uniform(0.10, 0.27), rng.uniform(build.lung_apex + 0.15, build.lung_base)]
        angle = np.linspace(0, 2 * np.pi, anatomy.POINTS)
        radius = rng.uniform(0.04, 0.12) * (1 + rng.normal(0, 0.18, angle.size))
        patches.append(center + radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], -1))
    clouds = rng.uniform(0.14, 0.26) * film.fill(patches, blur=0.03)
    haze = [anatomy.lung(build, side) for side in SIDES if rng.random() < 0.35]
    return clouds + rng.uniform(0.03, 0.10) * film.fill(haze, blur=0.02)


def _expose(density: Mask, size: int, rng: np.random.Generator) -> UInt8[np.ndarray, "size size"]:
    """Turns absorption into gray: contrast, brightness, uneven beam, grain, and the marker on top."""
    side = density.shape[0]
    down, across = np.mgrid[0:side, 0:side].astype(np.float32) / side - 0.5
    beam = rng.normal(0, 0.05) * down + rng.normal(0, 0.05) * across
    exposed = np.maximum(density + beam + rng.uniform(0.01, 0.06), 0)
    light = 1 - np.exp(-rng.uniform(1.7, 2.6) * exposed ** rng.uniform(0.95, 1.2))
    image = Image.fromarray((light * 255).astype(np.uint8))
    _mark(image, rng)
    small = np.asarray(image.reduce(_OVERSAMPLING), np.float32)
    grain = rng.normal(0, rng.uniform(1, 3.5), (size, size)).astype(np.float32)
    return np.rint(np.clip(small + grain, 0, 255)).astype(np.uint8)


def _mark(image: Image.Image, rng: np.random.Generator) -> None:
    """Draws the letter R on the patient's right, as radiographers do."""
    if rng.random() < 0.2:
        return
    letter = np.array([[0, 1], [0, 0], [0.55, 0], [0.6, 0.22], [0.5, 0.48], [0, 0.5], [0.3, 0.5], [0.65, 1]])
    height = rng.uniform(0.04, 0.07)
    corner = [rng.uniform(0.03, 0.10), rng.uniform(0.04, 0.35)]
    points = [(x, y) for x, y in (letter * height + corner) * image.width]
    ImageDraw.Draw(image).line(points, fill=int(rng.integers(200, 256)), width=max(1, round(0.008 * image.width)))
