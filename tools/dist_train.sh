#!/usr/bin/env bash
# Trains by several processes, on one machine or more:
# tools/dist_train.sh CONFIG GPUS [option of train.py ...]
# GPUS is their number; on a machine without a GPU they talk by gloo.
# Environment: NNODES, NODE_RANK, MASTER_ADDR, PORT.
set -euo pipefail

config=${1:?usage: dist_train.sh CONFIG GPUS [option of train.py ...]}
gpus=${2:?usage: dist_train.sh CONFIG GPUS [option of train.py ...]}
root=$(cd "$(dirname "$0")/.." && pwd)

PYTHONPATH="$root${PYTHONPATH:+:$PYTHONPATH}" exec python \
    -m torch.distributed.run \
    --nnodes="${NNODES:-1}" \
    --node_rank="${NODE_RANK:-0}" \
    --master_addr="${MASTER_ADDR:-127.0.0.1}" \
    --master_port="${PORT:-29500}" \
    --nproc_per_node="$gpus" \
    "$root/tools/train.py" "$config" --launcher pytorch "${@:3}"
