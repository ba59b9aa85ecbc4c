"""The chest X-rays of Kermany et al., or any folder laid out like them, as a TFDS dataset of prepared records."""
