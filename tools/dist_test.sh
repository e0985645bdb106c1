#!/usr/bin/env bash
# Tests by several processes: tools/dist_test.sh CONFIG CHECKPOINT GPUS ...
# GPUS is their number; on a machine without a GPU they talk by gloo.
# CHECKPOINT is '-' for a labeler, which needs none.
# Environment: NNODES, NODE_RANK, MASTER_ADDR, PORT.
set -euo pipefail

usage='usage: dist_test.sh CONFIG CHECKPOINT|- GPUS [option of test.py ...]'
config=${1:?$usage}
checkpoint=${2:?$usage}
gpus=${3:?$usage}
root=$(cd "$(dirname "$0")/.." && pwd)

arguments=("$config")
[ "$checkpoint" = - ] || arguments+=("$checkpoint")

PYTHONPATH="$root${PYTHONPATH:+:$PYTHONPATH}" exec python \
    -m torch.distributed.run \
    --nnodes="${NNODES:-1}" \
    --node_rank="${NODE_RANK:-0}" \
    --master_addr="${MASTER_ADDR:-127.0.0.1}" \
    --master_port="${PORT:-29500}" \
    --nproc_per_node="$gpus" \
    "$root/tools/test.py" "${arguments[@]}" --launcher pytorch "${@:4}"
