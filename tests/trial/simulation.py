"""How often the tests of a trial are wrong, by simulation of trials whose truth is known:

    python -m tests.trial.simulation --trials=20000

Every value of a trial is the truth plus what its patients, its classifier, its generator and the pair of both add by
chance. A test at 5% may call a difference of nothing one in 5% of the trials, and a difference of the margin equivalent
in 5%.
"""

import argparse
from dataclasses import dataclass

import numpy as np

from dcgan_jax.trial.statistics import create_estimate

LEVEL = 0.05
GROUPS = 20
CLASSIFIERS = 5
PATIENT_DEVIATION, CLASSIFIER_DEVIATION, PAIR_DEVIATION = 2.0, 1.0, 1.0
GENERATOR_SHARES = {"nil": 0.0, "moderate": 1.0, "dominant": 10.0}
"""What generators add to the variance of the mean, as a multiple of what all else adds."""


@dataclass(frozen=True)
class Errors:
    """Shares of the trials in which a test rejects what is true.

    Attributes:
      difference: of nothing, called a difference.
      equivalence: a difference of the margin, called equivalent.
    """

    difference: float
    equivalence: float


def simulate(generators: int, share: float, trials: int, seed: int = 0, classifiers: int = CLASSIFIERS) -> Errors:
    """Returns the errors of both tests.

    Args:
      generators: how many a trial has.
      share: of `GENERATOR_SHARES`.
      trials: how many are simulated.
      seed: of all that is drawn.
      classifiers: how many each generator has.
    """
    rng = np.random.default_rng([seed, generators, classifiers])
    others = PATIENT_DEVIATION**2 / GROUPS + CLASSIFIER_DEVIATION**2 / classifiers
    others += PAIR_DEVIATION**2 / (classifiers * generators)
    deviation = (share * others * generators) ** 0.5
    margin = 4 * (others * (1 + share)) ** 0.5
    found = np.zeros(2)
    for _ in range(trials):
        patients = rng.normal(0, PATIENT_DEVIATION, GROUPS)
        table = rng.normal(0, CLASSIFIER_DEVIATION, (classifiers, 1)) + rng.normal(0, deviation, (1, generators))
        table = table + rng.normal(0, PAIR_DEVIATION, (classifiers, generators)) + patients.mean()
        left_out = table.mean() - patients.mean() + (patients.sum() - patients) / (GROUPS - 1)
        found += [
            create_estimate(table, left_out).p_value() < LEVEL,
            create_estimate(table + margin, left_out + margin).p_equivalence(margin) < LEVEL,
        ]
    return Errors(*(found / trials))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    print(f"{'seeds':>7} {'generator variance':>20} {'difference':>12} {'equivalence':>12}")
    for generators in (2, 4):
        for name, share in GENERATOR_SHARES.items():
            errors = simulate(generators, share, arguments.trials, arguments.seed)
            pair = f"S{CLASSIFIERS} G{generators}"
            print(f"{pair:>7} {name:>20} {errors.difference:>12.1%} {errors.equivalence:>12.1%}", flush=True)


if __name__ == "__main__":
    main()
