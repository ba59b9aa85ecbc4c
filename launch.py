"""The command: `python launch.py --config=configs/cxr.py --workdir=runs/cxr`; dcgan_jax/cli/ does the work."""

from dcgan_jax.cli import run_program

if __name__ == "__main__":
    run_program()
