#!/usr/bin/env bash
# One training on a spot TPU slice, begun again after every preemption, from the repository's folder:
#   CHECKPOINTS=gs://bucket/cxr ZONE=us-west4-a cloud/tpu_vm.sh my-tpu
set -u

NAME=$1
ZONE=${ZONE:?the zone, for example us-west4-a}
CHECKPOINTS=${CHECKPOINTS:?where the states go: gs://bucket/folder}
TYPE=${TYPE:-v5litepod-16}
IMAGE=${IMAGE:-v2-alpha-tpuv5-lite}
WORKDIR=${WORKDIR:-/mnt/runs/cxr} # on a mounted file system that outlives the slice and that all its hosts see
STARTS=${STARTS:-100} # at most: hosts that never meet leave with 75 too, and a slice costs money meanwhile
at=(--zone="$ZONE")

create() {
    gcloud compute tpus tpu-vm create "$NAME" "${at[@]}" --accelerator-type="$TYPE" --version="$IMAGE" --spot &&
        gcloud compute tpus tpu-vm scp --recurse . "$NAME":dcgan_jax "${at[@]}" --worker=all &&
        on_all_hosts "${MOUNT:-true} && pip install --quiet -r requirements.txt 'jax[tpu]'"
}

on_all_hosts() {
    gcloud compute tpus tpu-vm ssh "$NAME" "${at[@]}" --worker=all --command="cd dcgan_jax && $1"
}

is_ready() {
    [ "$(gcloud compute tpus tpu-vm describe "$NAME" "${at[@]}" --format='value(state)' 2>/dev/null)" = READY ]
}

for ((start = 0; start < STARTS; start++)); do
    if ! is_ready; then # never there, or taken back: a preempted slice must be deleted before there is another
        gcloud compute tpus tpu-vm delete "$NAME" "${at[@]}" --quiet 2>/dev/null
        create || exit 1
    elif [ "$start" -gt 0 ]; then # where only the connection was lost, the training still goes on: it saves and leaves
        on_all_hosts "pkill -f '[l]aunch.py'; while pgrep -f '[l]aunch.py' >/dev/null; do sleep 1; done"
    fi
    on_all_hosts "export WORKDIR='$WORKDIR' CHECKPOINTS='$CHECKPOINTS' && $(
        cat <<'COMMAND'
python launch.py --config=configs/cxr.py --workdir="$WORKDIR" --config.checkpoint.dir="$CHECKPOINTS" \
    --config.checkpoint.on_damage=fall_back --distributed
COMMAND
    )"
    code=$?
    # 75: saved and stopped; above 128: a process was lost, or the connection to it: go on. Any other code of a slice
    # that is still there would only come again.
    if [ "$code" -ne 75 ] && [ "$code" -le 128 ] && is_ready; then
        exit "$code"
    fi
done
echo "$NAME was not done after $STARTS starts: look at what its hosts printed, or run this again." >&2
exit 75
