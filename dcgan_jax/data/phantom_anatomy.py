"""Outlines of a drawn chest, as a child's lies on an anterior-posterior X-ray.

All functions return points [n, 2] as (x, y): x across, measured from the spine, y down, in heights of the image. `side`
is -1 for the left half of the picture, where the patient's right is, and +1 for the other, where the heart is.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

Outline = Float[np.ndarray, "_ 2"]
POINTS = 24


@dataclass(frozen=True)
class Build:
    """What differs from patient to patient; lengths in heights of the image."""

    lung_width: float
    lung_apex: float
    lung_base: float
    heart_width: float
    heart_height: float
    heart_tilt: float
    shoulder_width: float
    shoulder_drop: float
    rib_spacing: float
    rib_drop: float
    clavicle_rise: float
    arm_angle: float

    @classmethod
    def draw(cls, rng: np.random.Generator) -> "Build":
        """Draws a patient."""
        return cls(
            lung_width=rng.uniform(0.30, 0.365),
            lung_apex=rng.uniform(0.11, 0.18),
            lung_base=rng.uniform(0.66, 0.78),
            heart_width=rng.uniform(0.13, 0.175),
            heart_height=rng.uniform(0.16, 0.20),
            heart_tilt=rng.uniform(0.3, 0.7),
            shoulder_width=rng.uniform(0.42, 0.52),
            shoulder_drop=rng.uniform(0.10, 0.18),
            rib_spacing=rng.uniform(0.052, 0.062),
            rib_drop=rng.uniform(0.11, 0.17),
            clavicle_rise=rng.uniform(-0.02, 0.07),
            arm_angle=rng.uniform(-1.1, 0.35),
        )


def _points(x: np.ndarray | np.float64, y: np.ndarray | np.float64) -> Outline:
    return np.stack(np.broadcast_arrays(x, y), axis=-1).astype(np.float64)


def chest_wall(build: Build, y: Float[np.ndarray, " points"] | float) -> Float[np.ndarray, " points"] | np.float64:
    """Returns how far the inside of the rib cage is from the spine at a height."""
    down = np.clip((np.asarray(y) - build.lung_apex) / (build.lung_base + 0.06 - build.lung_apex), 0.0, 1.0)
    return 0.15 + (build.lung_width - 0.15) * np.sin(np.pi / 2 * down) ** 0.75


def lung(build: Build, side: int) -> Outline:
    """Returns the outline of a lung: along the ribs, over the dome of the diaphragm, up the mediastinum."""
    base = build.lung_base + (0.0 if side < 0 else 0.015)  # the liver holds the patient's right side up
    way = np.linspace(0.0, 1.0, POINTS)
    y_rib = build.lung_apex + way * (base + 0.06 - build.lung_apex)
    ribs = _points(chest_wall(build, y_rib), y_rib)
    dome = _points(
        build.lung_width + way * (0.05 - build.lung_width), base + 0.06 - 0.075 * np.sin(np.pi * (way * 0.88) ** 0.8)
    )
    y_inner = dome[-1, 1] + way * (build.lung_apex - dome[-1, 1])
    inner = _points(0.055 + 0.025 * way**3, y_inner)
    apex = _points(np.array([0.095, 0.12]), np.array([build.lung_apex - 0.012, build.lung_apex - 0.016]))
    return np.concatenate([ribs, dome, inner, apex]) * [side, 1]


def heart(build: Build) -> Outline:
    """Returns the outline of the heart, its apex towards the right of the picture."""
    angle = np.linspace(0.0, 2 * np.pi, 2 * POINTS)
    along, across = build.heart_height * np.cos(angle), build.heart_width * 0.9 * np.sin(angle)
    along *= 1 + 0.12 * np.cos(angle)
    tilt = build.heart_tilt
    x = 0.04 + along * np.sin(tilt) + across * np.cos(tilt)
    y = build.lung_base - 0.10 + along * np.cos(tilt) - across * np.sin(tilt)
    return _points(x, y)


def aorta(build: Build) -> Outline:
    """Returns the outline of the great vessels above the heart."""
    top = build.lung_apex + 0.13
    x = np.array([-0.055, -0.06, -0.04, 0.03, 0.065, 0.07, 0.06, 0.09])
    y = np.array([0.30, 0.10, 0.0, -0.01, 0.02, 0.06, 0.12, 0.30]) + top
    return _points(x, y)


def belly(build: Build) -> Outline:
    """Returns the outline of what lies below the diaphragm."""
    x = np.array([-1, -0.5, 0.5, 1, 1, -1]) * build.lung_width
    y = np.array([0.09, 0.0, 0.02, 0.10, 1.0, 1.0]) + build.lung_base - 0.01
    return _points(x, y)


def torso(build: Build) -> Outline:
    """Returns the outline of neck, shoulders and flanks."""
    neck, shoulder = 0.115, build.shoulder_width
    x = np.array([neck, neck + 0.01, neck + 0.08, shoulder - 0.06, shoulder, 0.93 * shoulder, 0.90 * shoulder])
    y = np.array([-0.3, 0.02, 0.07, build.shoulder_drop, build.shoulder_drop + 0.1, 0.42, 1.3])
    x[-2:] = np.maximum(x[-2:], build.lung_width + 0.045)
    right = _points(x, y)
    return np.concatenate([right, right[::-1] * [-1, 1]])


def arm(build: Build, side: int, half_width: float) -> Outline:
    """Returns a limb from the shoulder outwards, as wide as asked: the arm, or the bone in it."""
    root = np.array([build.shoulder_width - 0.055, build.shoulder_drop + 0.075])
    along = np.array([np.cos(build.arm_angle), -np.sin(build.arm_angle)])
    across = np.array([-along[1], along[0]]) * half_width
    tip = root + along * 0.6
    return np.stack([root - across, tip - across, tip + across, root + across]) * [side, 1]


def clavicle(build: Build, side: int) -> Outline:
    """Returns the line of a collar bone, an S from the breastbone to the shoulder."""
    way = np.linspace(0.0, 1.0, POINTS)
    x = 0.045 + way * (build.shoulder_width - 0.15)
    y = build.lung_apex + 0.035 - build.clavicle_rise * way + 0.018 * np.sin(2 * np.pi * way)
    return _points(x, y) * [side, 1]


def shoulder_blade(build: Build, side: int) -> Outline:
    """Returns the outline of the part of a shoulder blade that lies beside the lung."""
    x = np.array([0.0, -0.10, -0.055, -0.02]) + build.shoulder_width - 0.04
    y = np.array([0.02, 0.05, 0.27, 0.12]) + build.shoulder_drop
    return _points(x, y) * [side, 1]


def back_rib(build: Build, side: int, number: int) -> Outline:
    """Returns the line of the part of a rib that runs from the spine outwards and down."""
    start = build.lung_apex + 0.005 + build.rib_spacing * number
    way = np.linspace(0.0, 1.0, POINTS)
    drop = build.rib_drop * (0.55 + 0.06 * number)
    reach = chest_wall(build, start + 0.7 * drop) + 0.012
    x = 0.03 + (reach - 0.03) * np.sin(np.pi / 2 * way)
    y = start - 0.035 * np.sin(np.pi * way**0.8) + drop * way**2.2
    return _points(x, y) * [side, 1]


def front_rib(build: Build, side: int, number: int) -> Outline:
    """Returns the line of the part of a rib that runs from the chest wall inwards and down."""
    start = back_rib(build, 1, number)[-1]
    way = np.linspace(0.0, 1.0, POINTS)
    inner = 0.13 + 0.012 * number
    x = start[0] + (inner - start[0]) * np.sin(np.pi / 2 * way) ** 1.3
    y = start[1] + 0.13 * np.sin(np.pi / 2 * way)
    return _points(x, y) * [side, 1]


def vertebra(y: float, half_width: float, half_height: float) -> Outline:
    """Returns the outline of a vertebra: a block with waisted sides."""
    x = np.array([-1, 1, 0.86, 1, -1, -0.86]) * half_width
    return _points(x, np.array([-1, -1, 0, 1, 1, 0]) * half_height + y)


def vessel(rng: np.random.Generator, build: Build, side: int) -> Outline:
    """Returns the line of a vessel that runs from the root of a lung outwards."""
    root = np.array([0.085, build.lung_apex + 0.3])
    angle = rng.uniform(-1.2, 1.4)
    length = rng.uniform(0.08, 0.22)
    way = np.linspace(0.0, 1.0, 8)
    bend = angle + rng.uniform(-0.5, 0.5) * way
    return (root + length * way[:, None] * np.stack([np.cos(bend), np.sin(bend)], -1)) * [side, 1]
