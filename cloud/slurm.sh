#!/usr/bin/env bash
# One training over two nodes, by Slurm:  sbatch cloud/slurm.sh  from the repository's folder.
#SBATCH --job-name=dcgan_jax
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=8
#SBATCH --gpus-per-node=8
#SBATCH --time=04:00:00
#SBATCH --open-mode=append
# Slurm itself queues the job again when it is preempted or loses a node ...
#SBATCH --requeue
# ... and tells all processes when its time is about to end: they save and leave. Not by way of srun (B:), which would
# answer SIGTERM by killing them.
#SBATCH --signal=TERM@120
set -u

WORKDIR=${WORKDIR:-$PWD/runs/cxr} # on a file system that all nodes see, as the caches must be:
CHECKPOINTS=${CHECKPOINTS:-}      # empty: in the workdir
export DCGAN_JAX_CACHE=${DCGAN_JAX_CACHE:-$PWD/runs/cache}

trap : TERM # a preempted job's script may get the signal, too; it has to see how the processes end
srun --kill-on-bad-exit=0 \
    python launch.py --config=configs/cxr.py --workdir="$WORKDIR" --config.checkpoint.dir="$CHECKPOINTS" \
    --config.checkpoint.on_damage=fall_back --distributed
code=$?

# 75: saved and stopped; above 128: a process was ended by a signal, as the others are when one of them is lost. The same
# command continues. 1 and 2 would only come again: 2 is to be mended first.
if { [ "$code" -eq 75 ] || [ "$code" -gt 128 ]; } && [ "${SLURM_RESTART_COUNT:-0}" -lt 100 ]; then
    scontrol requeue "$SLURM_JOB_ID"
fi
exit "$code"
