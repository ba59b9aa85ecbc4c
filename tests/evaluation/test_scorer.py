import numpy as np
import pytest

from dcgan_jax.evaluation import evaluate_class as evaluate_module
from dcgan_jax.evaluation import featurizer
from dcgan_jax.evaluation import scorer as scorer_module
from dcgan_jax.evaluation.evaluate_class import evaluate_class
from dcgan_jax.evaluation.featurizer import Featurizer, RealImages
from dcgan_jax.evaluation.protocol import resolve_protocol
from dcgan_jax.evaluation.record import EvaluationRecord, read_evaluation
from dcgan_jax.evaluation.scorer import (
    CHOICE_STREAM,
    REPORT_STREAM,
    Scorer,
    protocol_fingerprint,
)
from dcgan_jax.evaluation.table import describe_record
from dcgan_jax.inception.weights import InceptionWeights
from dcgan_jax.metrics.comparison import SCORES, compute_scores
from dcgan_jax.storage.cache import CACHE_VARIABLE
from tests.inception.fake_inception import FakeExtractor

SIZE, GENERATED, SEEDS = 32, 24, 10
PROMISED = {
    *(
        "fid",
        "kid",
        "precision",
        "recall",
        "density",
        "coverage",
        "irs",
        "trace_ratio",
        "vendi",
        "dims",
        "preprocess",
        "resize_filter",
    ),
    *("num_real", "num_generated", "weights", "weights_sha256", "seed", "seeds", "stream", "step", "protocol"),
    *("baseline", "interval", "kid_held_out", "fid_2048", "ms_ssim", "ms_ssim_real", "inception_score", "by_seed"),
    *("kid_subsets", "kid_subsets_std", "ms_ssim_pairs", "fid_2048_counts", "fingerprint", "real_images"),
    *("memorised_share", "memorization", "stretch", "warnings", "versions"),
}


def draw_pixels(count, seed):
    coarse = np.random.default_rng(seed).integers(0, 256, (count, 8, 8, 1), np.uint8)
    return coarse.repeat(SIZE // 8, axis=1).repeat(SIZE // 8, axis=2)


def draw_real(count, seed):
    names = tuple(f"{seed}-{index}" for index in range(count))
    return RealImages(draw_pixels(count, seed), names, names)


class Generator:
    """Draws images of the same population and remembers what it was asked for."""

    def __init__(self):
        self.asked = []

    def __call__(self, label, seed, stream, count):
        assert label == 0
        self.asked.append((seed, stream, count))
        images = draw_pixels(count, [seed, len(stream), 7])
        return iter([images[:10], images[10:]])


@pytest.fixture(autouse=True, scope="module")
def fake_inception(cache):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(featurizer, "FeatureExtractor", FakeExtractor)
        for module in (evaluate_module, scorer_module):
            patch.setattr(module, "DEEPEST_DIMS", 192)  # Gaussians at 2048 take longer than all other tests here
        # The cache knows features by pixels and weights, not by who computed them.
        patch.setenv(CACHE_VARIABLE, str(cache / "fake_inception"))
        yield


def create_scorer(
    tiny_settings,
    held_out=None,
    classifier=None,
    label="official",
    sha256="abc",
    training=None,
    description=None,
    **fields,
):
    fields = {"dims": 64, "num_samples": GENERATED, "seeds": SEEDS, **fields}
    evaluation = tiny_settings.with_overrides({f"eval.{name}": value for name, value in fields.items()}).eval
    weights = InceptionWeights({}, sha256, label, classifier)
    protocol = resolve_protocol(evaluation)
    featurizer = Featurizer(weights, protocol.preprocess)
    return Scorer(protocol, featurizer, training or draw_real(60, 1), held_out, description=description)


@pytest.fixture(scope="module")
def report(tiny_settings):
    return evaluate_class(create_scorer(tiny_settings, draw_real(40, 2)), Generator(), seed=3, step=12)


def test_a_record_holds_everything_that_was_promised_and_reads_back(report, tmp_path):
    record = report.record
    assert not PROMISED - record.model_dump(mode="json").keys()
    path = tmp_path / "record.json"
    record.write(path)
    assert read_evaluation(path) == EvaluationRecord.read(path) == record
    assert (record.step, record.num_real, record.num_generated, record.dims) == (12, 60, GENERATED, 64)
    assert record.seeds == list(range(3, 13))
    assert report.images.shape == (GENERATED, SIZE, SIZE, 1)


def test_scores_are_means_over_latent_seeds_within_their_interval(report):
    record = report.record
    for name in (*SCORES, "kid_held_out"):
        if name == "kid_subsets_std":
            continue
        assert len(record.by_seed[name]) == SEEDS
        assert getattr(record, name) == pytest.approx(np.mean(record.by_seed[name]))
    assert record.kid_subsets == pytest.approx(record.kid, abs=record.kid_subsets_std)
    for name in ("kid", "kid_held_out"):
        assert getattr(record.interval, name).low < getattr(record, name) < getattr(record.interval, name).high
    assert record.interval.low < record.fid < record.interval.high
    assert "jackknife" in record.interval.method


def test_baselines_stand_beside_scores_at_their_counts(report):
    baseline = report.record.baseline
    assert (baseline.num_real, baseline.num_other) == (36, 24)
    assert (baseline.held_out.num_real, baseline.held_out.num_other) == (60, 40)
    assert baseline.ratio == pytest.approx(baseline.generated.fid / baseline.fid)
    assert 0 < baseline.held_out.ms_ssim < 1


def test_held_out_images_leave_baseline_and_interval_as_they_are(tiny_settings, report):
    record = evaluate_class(create_scorer(tiny_settings), Generator(), seed=3, step=12).record
    assert report.record.baseline.model_copy(update={"held_out": None}) == record.baseline
    assert report.record.interval.model_copy(update={"kid_held_out": None}) == record.interval


def test_counts_stand_beside_what_depends_on_them(report):
    counts = report.record.fid_2048_counts
    assert (counts.num_real, counts.num_generated, counts.latent_seeds) == (60, GENERATED, 1)
    assert report.record.ms_ssim_pairs == 200


def test_the_record_says_which_real_images_these_are(tiny_settings):
    scorer = create_scorer(tiny_settings, draw_real(9, 2), seeds=1, description={"source": "phantom", "holdout": 0.1})
    section = evaluate_class(scorer, Generator(), seed=0, step=1).record.real_images
    assert (section.source, section.holdout) == ("phantom", 0.1)
    assert section.image_size == (SIZE, SIZE)
    assert (section.num_training, section.num_scored, section.num_held_out) == (60, 60, 9)
    assert "resolution" in section.note


def test_latents_that_choose_a_checkpoint_never_meet_the_report(tiny_settings):
    scorer, generator = create_scorer(tiny_settings), Generator()
    scorer.score(generator, seed=3)
    assert generator.asked == [(3, CHOICE_STREAM, GENERATED)]
    generator.asked.clear()
    evaluate_class(scorer, generator, seed=3, step=1)
    assert {stream for _, stream, _ in generator.asked} == {REPORT_STREAM} != {CHOICE_STREAM}
    assert sorted(seed for seed, _, _ in generator.asked) == list(range(3, 13))


def test_the_short_score_is_that_of_the_features(tiny_settings):
    scorer = create_scorer(tiny_settings)
    found = scorer.score(Generator(), seed=0)
    real, fake = (
        FakeExtractor(None, (64,)).compute([pixels], len(pixels), "")[64]
        for pixels in (draw_pixels(60, 1), draw_pixels(GENERATED, [0, len(CHOICE_STREAM), 7]))
    )
    assert found == compute_scores(real, fake)
    assert found.keys() == set(SCORES) - {"kid_subsets", "kid_subsets_std"}


@pytest.mark.parametrize(
    "change",
    [
        {"dims": 192},
        {"preprocess": "clean"},
        {"stretch": True},
        {"num_samples": GENERATED + 1},
        {"training": draw_real(59, 1)},
        {"sha256": "other"},
        {"protocol": "paper"},
    ],
)
def test_whatever_moves_a_score_changes_the_fingerprint(tiny_settings, change):
    usual = protocol_fingerprint(create_scorer(tiny_settings))
    assert protocol_fingerprint(create_scorer(tiny_settings, **change)) != usual
    assert len(usual) == 12


def test_the_filter_of_pillow_changes_the_fingerprint(tiny_settings):
    bicubic, nearest = (
        create_scorer(tiny_settings, preprocess="pillow", resize_filter=name).fingerprint
        for name in ("bicubic", "nearest")
    )
    assert bicubic != nearest


def test_what_does_not_move_a_score_leaves_the_fingerprint(tiny_settings):
    usual = create_scorer(tiny_settings).fingerprint
    assert create_scorer(tiny_settings, draw_real(40, 2), seeds=1).fingerprint == usual


def test_without_held_out_images_what_needs_them_is_open(tiny_settings):
    record = evaluate_class(create_scorer(tiny_settings), Generator(), seed=0, step=1).record
    assert record.memorization.compared_with == "training_patients"
    assert record.kid_held_out is None
    assert record.baseline.held_out is None
    assert record.num_held_out == 0
    assert "training images beside those of other patients" in describe_record(record)


def test_fewer_than_ten_seeds_give_no_interval_and_say_so(tiny_settings):
    record = evaluate_class(create_scorer(tiny_settings, draw_real(9, 2), seeds=2), Generator(), seed=0, step=1).record
    assert record.interval is None
    assert any("config.eval.seeds=2" in warning for warning in record.warnings)


def test_the_inception_score_needs_a_classifier(tiny_settings):
    record = evaluate_class(create_scorer(tiny_settings, seeds=1), Generator(), seed=0, step=1).record
    assert record.inception_score is None
    assert "no classifier" in record.inception_score_note
    # All classes equally likely for every image: exp(0).
    classifier = (np.zeros((192, 5), np.float32), np.zeros(5, np.float32))
    scorer = create_scorer(tiny_settings, seeds=1, classifier=classifier)
    record = evaluate_class(scorer, Generator(), seed=0, step=1).record
    assert (record.inception_score, record.inception_score_std) == (pytest.approx(1.0), pytest.approx(0.0))


def test_what_is_doubtful_is_said(tiny_settings):
    scorer = create_scorer(tiny_settings, seeds=1, label="stand-in weights", protocol="paper")
    warnings = " ".join(scorer.warnings)
    assert "stand-in weights" in warnings
    assert "1,341 real images, and there are 60" in warnings
    assert "128x128 pixels, and these have 32x32" in warnings
    record = evaluate_class(create_scorer(tiny_settings, seeds=1), Generator(), seed=0, step=1).record
    assert any("24 generated images are too few for 64 dimensions" in warning for warning in record.warnings)


def test_generated_images_are_stretched_if_the_protocol_says_so(tiny_settings):
    def dull(label, seed, stream, count):
        return iter([draw_pixels(count, seed) // 4 + 30])

    plain = create_scorer(tiny_settings).score(dull, seed=0)
    stretched = create_scorer(tiny_settings, stretch=True).score(dull, seed=0)
    assert stretched["fid"] < plain["fid"]


def test_the_stretch_hides_no_copies(tiny_settings):
    def dull(count, seed):
        real = draw_real(count, seed)
        return RealImages(real.pixels // 4 + 30, real.files, real.patients)

    training = dull(60, 1)
    scorer = create_scorer(tiny_settings, dull(40, 2), training=training, seeds=1, stretch=True)
    record = evaluate_class(scorer, lambda label, seed, stream, count: [training.pixels[:count]], seed=0, step=1).record
    assert record.memorization.memorised_share_by_space == {"features": 1.0, "pixels": 1.0}


def test_the_same_evaluation_gives_the_same_record(tiny_settings, report):
    again = evaluate_class(create_scorer(tiny_settings, draw_real(40, 2)), Generator(), seed=3, step=12)
    assert again.record == report.record


def test_the_table_shows_the_scores_and_what_they_compare_with(report):
    table = describe_record(report.record)
    assert f"{report.record.fid:.4g}" in table
    assert "real against real" in table
    assert "without copying, held-out images: " in table
    lowest = report.record.memorization.lowest_sensitivity
    assert f"of copies that are {lowest.name}" in table
    beside = report.record.baseline.held_out
    assert f"60 against 40: {beside.generated.irs:.3f}, and other real images {beside.irs:.3f}" in table
    assert "evidence, not proof" in table
    assert max(map(len, table.splitlines()[:-7])) <= 130
