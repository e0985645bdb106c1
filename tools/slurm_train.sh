#!/usr/bin/env bash
# Trains on a Slurm cluster:
# tools/slurm_train.sh PARTITION JOB_NAME CONFIG WORK_DIR [option of train.py]
# Environment: GPUS, GPUS_PER_NODE, CPUS_PER_TASK, SRUN_ARGS.
set -euo pipefail

usage='usage: slurm_train.sh PARTITION JOB_NAME CONFIG WORK_DIR [option ...]'
partition=${1:?$usage}
job_name=${2:?$usage}
config=${3:?$usage}
work_dir=${4:?$usage}
gpus=${GPUS:-8}
root=$(cd "$(dirname "$0")/.." && pwd)

# SRUN_ARGS holds several options: it is split on purpose.
# shellcheck disable=SC2086
PYTHONPATH="$root${PYTHONPATH:+:$PYTHONPATH}" exec srun \
    --partition="$partition" \
    --job-name="$job_name" \
    --gres="gpu:${GPUS_PER_NODE:-$((gpus < 8 ? gpus : 8))}" \
    --ntasks="$gpus" \
    --ntasks-per-node="${GPUS_PER_NODE:-$((gpus < 8 ? gpus : 8))}" \
    --cpus-per-task="${CPUS_PER_TASK:-5}" \
    --kill-on-bad-exit=1 \
    ${SRUN_ARGS:-} \
    python -u "$root/tools/train.py" "$config" --work-dir "$work_dir" \
    --launcher slurm "${@:5}"
