"""Converts an official ViT checkpoint to mmpretrain's VisionTransformer."""

import argparse
import os
from collections import OrderedDict
from pathlib import Path

import torch
from mmengine.logging import print_log

from mmcuts3d.cli.running import add_examples, run_tool_main
from mmcuts3d.models.features.architectures import (
    architecture_name,
    check_architecture,
    read_shape,
)
from mmcuts3d.models.features.weights import load_weights


def parse_args(arguments: list[str] | None = None) -> argparse.Namespace:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        'src',
        help='file of DINO, DiffNCuts, MAE, MSN, MoCo v3, SelfPatch or DeiT',
    )
    parser.add_argument('dst', help='file to write')
    parser.add_argument(
        '--arch', help="expected arch, such as 'small'; another is an error"
    )
    parser.add_argument(
        '--patch-size', type=int, help='expected patch size, with --arch'
    )
    parser.add_argument(
        '--key',
        help="entry of the checkpoint to take, such as 'student' "
        "(default: the first of 'teacher', 'target_encoder', 'model', "
        "'state_dict', 'student' and 'encoder')",
    )
    add_examples(
        parser,
        'tools/model_converters/vit_to_mmpretrain.py \\\n'
        'dino_vitbase8_pretrain.pth dino_vitb8.pth --arch base --patch-size 8',
    )
    args = parser.parse_args(arguments)
    if (args.arch is None) != (args.patch_size is None):
        parser.error('--arch and --patch-size belong together')
    return args


def main() -> None:
    """Reads, converts, checks and writes."""
    args = parse_args()
    state = load_weights(args.src, args.key)
    if args.arch is not None:
        check_architecture(state, args.arch, args.patch_size, args.src)
    destination = Path(args.dst)
    destination.parent.mkdir(parents=True, exist_ok=True)
    partial = destination.with_name(destination.name + '.part')
    torch.save({'state_dict': OrderedDict(state)}, partial)
    os.replace(partial, destination)
    print_log(
        f'{args.dst}: ViT of arch {architecture_name(read_shape(state))}'
    )


if __name__ == '__main__':
    run_tool_main(main)
