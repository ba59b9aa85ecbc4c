"""Every field with its default: the paper's recipe on one gray channel. Other configurations override a few."""

from ml_collections import ConfigDict


def get_config() -> ConfigDict:
    """Returns the default configuration; dcgan_jax/settings/sections.py holds the types and ranges."""
    config = ConfigDict()
    config.seed = 0  # the one seed: weights, latents, dropout, order of the data, held-out patients (data.split_seed)

    data = config.data = ConfigDict()
    data.source = "chest_xray"  # chest_xray (a folder or the published archive) | phantom (drawn, no download)
    data.dir = ""  # folder with split/class/* or class/*; empty: download the published archive (1.2 GB)
    data.variant = "kaggle"  # of the archive: kaggle (1,341 NORMAL in train, as in the paper) | published (1,349)
    data.label = "NORMAL"  # the class to learn | ALL: every class that has training images, told apart, in one run
    data.image_size = 128  # pixels a side: 64 | 128 | 256
    data.resize = "antialias"  # antialias | nearest (as in the paper)
    data.aspect = "ignore"  # ignore (stretch to a square, as in the paper) | pad (keep the shape, add black borders)
    data.intensity = "dataset"  # files deeper than 8 bits: dataset (one range for all) | container (the type's) | image
    data.on_bad_image = "error"  # unreadable files: error (stop, listing all of them) | skip (leave out, reported)
    data.holdout = 0.0  # share of the training patients kept out of training, for scores and memorisation checks
    data.fraction = 1.0  # share of the remaining training patients that is used
    data.split_seed = -1  # which patients those two are: the same for runs of several seeds; -1: config.seed
    data.sampling = "replacement"  # replacement (as in the paper) | shuffle (every image once per pass)
    data.placement = "auto"  # auto (device if it fits the budget) | device (resident) | stream (tf.data)
    data.device_budget_mib = 2048  # MiB that resident images may take on each device under auto
    data.phantom_count = 512  # drawn training images per class, for data.source=phantom

    model = config.model = ConfigDict()
    model.channels = 1  # 1 (gray) | 3 (as in the paper)
    model.base_channels = 64  # channels of the widest feature maps; the narrowest have 16 times as many
    model.latent_size = 100  # length of the latent vector
    # transposed (the paper's code) | resize (its text: upsampling, then a 5x5 convolution) | resize_3x3 (then 3x3)
    model.upsample = "transposed"
    model.dropout = 0.4  # share of the discriminator's last features that are dropped while training
    model.minibatch_std = 0  # group size of the minibatch standard deviation in the discriminator; 0: off
    model.num_classes = 0  # classes that the networks are told, with data.label=ALL; 0: from the data
    model.spectral_norm = False  # divide the discriminator's kernels by their largest singular values
    model.dtype = "float32"  # compute type: float32 | bfloat16 (parameters, moments and losses stay float32)

    loss = config.loss = ConfigDict()
    loss.kind = "logistic"  # logistic (binary cross-entropy, as in the paper) | hinge
    loss.r1 = 0.0  # weight (gamma) of the R1 penalty on real images; 0: off
    loss.r1_every = 1  # steps between penalties, each of which counts as many times; 16 is usual

    optimizer = config.optimizer = ConfigDict()
    optimizer.generator_learning_rate = 1e-4  # Adam's, per update
    optimizer.discriminator_learning_rate = 2e-5  # Adam's, per update; there are two a step with separate updates
    optimizer.beta1 = 0.5  # decay of the first moment
    optimizer.beta2 = 0.999  # decay of the second moment
    optimizer.epsilon = 1e-7  # added after the bias correction (Keras adds it before)
    optimizer.discriminator_updates = "separate"  # separate (real, then generated, as in the paper) | joint (at once)
    optimizer.discriminator_steps = 1  # rounds of the discriminator before each update of the generator
    optimizer.warmup_steps = 0  # steps over which both learning rates rise to their values; 0: off
    optimizer.decay_start = 0  # step from which both learning rates fall linearly
    optimizer.decay_end = 0  # step at which they have come down to decay_to; 0: no decay
    optimizer.decay_to = 0.1  # share of the learning rates that is left then

    augment = config.augment = ConfigDict()  # of real and generated images alike; strengths of 0 are off
    augment.probability = 1.0  # of each change for each image; where it starts, if it is adapted
    augment.rotation = 0.0  # degrees, either way
    augment.scale = 0.0  # share, larger or smaller
    augment.translation = 0.0  # share of the side, along each axis; DiffAugment has 0.125
    augment.brightness = 0.0  # added to all pixels, which lie in [-1, 1], either way; DiffAugment has 0.5
    augment.contrast = 0.0  # share by which contrast grows or shrinks; DiffAugment has 0.5
    augment.cutout = 0.0  # side of a masked square, as a share of the image's; DiffAugment has 0.5
    augment.target = 0.0  # r_t, the mean sign of real logits, that the probability is adapted to; 0: off, ADA has 0.6
    augment.adaptation_images = 100_000  # real images in which the probability can go from 0 to 1

    average = config.average = ConfigDict()
    average.half_life = 0  # of the averaged generator, in images; it is sampled and scored instead; 0: off
    average.ramp_up = 0.05  # the half-life is at most this share of the images seen; 0: no bound

    train = config.train = ConfigDict()
    train.epochs = 500  # passes of floor(N / batch_size) steps each
    train.steps = 0  # steps in all; not 0: wins over epochs
    train.batch_size = 128  # images in the generator's update; the discriminator sees half real, half generated
    train.steps_per_dispatch = 1  # steps in one call to the device; more hide the host's time
    train.sample_every_epochs = 10  # a grid of generated images every so many epochs; 0: only at the end
    train.sample_every_steps = 0  # the same in steps; not 0: wins over epochs

    checkpoint = config.checkpoint = ConfigDict()
    checkpoint.dir = ""  # where checkpoints go, gs:// included; empty: checkpoints/ in the workdir
    checkpoint.every_epochs = 10  # a checkpoint every so many epochs; 0: only at the end
    checkpoint.every_steps = 0  # the same in steps; not 0: wins over epochs
    checkpoint.keep = 3  # how many of the newest are kept

    evaluation = config.eval = ConfigDict()
    evaluation.weights = ""  # Inception-V3 weights in pytorch-fid's format; empty: download the official file (96 MB)
    evaluation.dims = 768  # length of the feature vectors: 64 | 192 | 768 (as in the paper) | 2048
    evaluation.every_epochs = 0  # scores during training every so many epochs; 0: off
    evaluation.every_steps = 0  # the same in steps; not 0: wins over epochs
    evaluation.num_samples = 1000  # generated images per score
    evaluation.seeds = 10  # latent seeds of a full evaluation; fewer than 10: scores without an interval
    evaluation.preprocess = "pytorch_fid"  # pytorch_fid | pillow (Pillow to 299 first, as in the paper) | clean
    evaluation.resize_filter = "bicubic"  # of pillow: bicubic (Pillow from 2.7 on) | nearest (before)
    evaluation.stretch = False  # stretch every generated image to 0..255 before it is scored, as the paper's author did
    evaluation.protocol = "default"  # default | paper (1,341 against 1,000, pillow, 768, whatever the fields above say)
    evaluation.checkpoint = "best"  # best | latest | a step: what evaluate and generate take

    generate = config.generate = ConfigDict()
    generate.count = 1000  # images to write, of each class
    generate.label = ""  # the class to draw; empty: every class of the run, where there are several in a folder each
    generate.seed = 0  # seed of their latents
    generate.out = ""  # folder for them; empty: generated/ in the workdir
    generate.max_similarity = 0.0  # leave out images that correlate more with a training image; 0: none

    balance = config.balance = ConfigDict()
    balance.ratio = 1.0  # every class is filled up to this share of the largest class's training images
    balance.out = ""  # the new data set's folder; empty: balanced/ in the workdir
    balance.runs = ()  # workdirs of the runs to draw from, one for each class to fill; empty: --workdir
    balance.real = "link"  # real images: link (symbolic links, where the source is files) | copy
    balance.seed = 0  # seed of the latents
    balance.max_similarity = 0.97  # leave out images that correlate more with a training image; 0: none

    trial = config.trial = ConfigDict()
    trial.arms = ()  # what is compared, of dcgan_jax/trial/arms.py; empty: all that the synthetic images allow
    trial.ratios = (1.0, 0.5)  # synthetic images per real one of their class; the first belongs to the primary endpoint
    trial.fractions = (1.0,)  # shares of the training patients; the first belongs to the primary endpoint
    trial.seeds = 5  # classifiers of each arm: weights, order, augmentation
    trial.generator_seeds = 2  # draws of synthetic images, each with classifiers of all seeds
    trial.steps = 600  # updates of every classifier
    trial.batch_size = 64  # images in an update
    trial.learning_rate = 2e-3  # AdamW's at the start
    trial.base_channels = 16  # width of the classifier, a multiple of 8
    trial.synthetic_dir = ""  # folder of synthetic images: class/*, or with a manifest.csv; empty: drawn from runs
    trial.runs = ()  # workdirs of the runs to draw from; empty: --workdir where it holds a run
    trial.positive = (
        ""  # the class to be recognised; empty: the one of two that is not data.label (of ALL: the larger one)
    )
    trial.validation = 0.1  # share of each class's training patients that stopping and threshold are chosen on
    trial.test = 0.2  # share of them that is the test split, where reading the source gave none
    trial.margin = (
        0.01  # difference below which the arms of the primary endpoint count as equivalent, in area under the ROC curve
    )

    return config
