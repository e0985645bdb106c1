#!/usr/bin/env bash
# Tests on a Slurm cluster:
# tools/slurm_test.sh PARTITION JOB_NAME CONFIG CHECKPOINT [option of test.py]
# CHECKPOINT is '-' for a labeler, which needs none.
# Environment: GPUS, GPUS_PER_NODE, CPUS_PER_TASK, SRUN_ARGS.
set -euo pipefail

usage='usage: slurm_test.sh PARTITION JOB_NAME CONFIG CHECKPOINT|- [option ...]'
partition=${1:?$usage}
job_name=${2:?$usage}
config=${3:?$usage}
checkpoint=${4:?$usage}
gpus=${GPUS:-8}
root=$(cd "$(dirname "$0")/.." && pwd)

arguments=("$config")
[ "$checkpoint" = - ] || arguments+=("$checkpoint")

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
    python -u "$root/tools/test.py" "${arguments[@]}" \
    --launcher slurm "${@:5}"
