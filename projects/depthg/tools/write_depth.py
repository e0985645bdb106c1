"""Writes the depth of a folder of images: .../write_depth.py IMAGES DEPTH.

Runs a depth source of mmcuts3d over whole images and writes DEPTH/NAME.png
(16 bits, 0 = nearest, 65535 = farthest of each image), as the configs read
it. The default is ZoeDepth, as in the paper, whose weights transformers
downloads at first use; --source takes any other, such as
"{'type': 'mmcuts3d.DepthFromTransformers', 'model': 'NAME'}". What is there
is kept, so that the same command goes on. Run it from the root of the
repository.
"""

import sys
from pathlib import Path

# `projects` lies in the root of the repository.
sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import mmcuts3d.registry  # isort: skip (checks, repairs)

import argparse
import ast
import os
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import torch

import mmcuts3d.models.depth  # noqa: F401  # registers
from mmcuts3d.cli.running import add_examples, run_tool_main
from mmcuts3d.files import list_images, read_image, shown
from mmcuts3d.registry import MODELS

ZOE = 'Intel/zoedepth-nyu-kitti'


def parse_args(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add('images', metavar='IMAGES', help='folder of images')
    add('depth', metavar='DEPTH', help='folder to write')
    add(
        '--source',
        default=f"{{'type': 'mmcuts3d.DepthFromTransformers', "
        f"'model': '{ZOE}'}}",
        help='settings of a depth source (%(default)s)',
    )
    add('--device', help='such as cpu (a GPU where there is one)')
    add_examples(
        parser,
        'projects/depthg/tools/write_depth.py images depth',
    )
    return parser.parse_args(arguments)


def source_of(text: str) -> Any:
    """The depth source of its settings.

    Raises:
        ValueError: If they are none.
    """
    try:
        settings = ast.literal_eval(text)
        known = 'type' in settings
    except (ValueError, SyntaxError, TypeError):
        known = False
    if not known:
        raise ValueError(
            "Expected --source to be settings such as \"{'type': "
            f"'mmcuts3d.FlatDepth'}}\", but got {shown(text)}"
        )
    return MODELS.build(settings)


def write(path: Path, depth: np.ndarray) -> None:
    """Write a map whole, or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + '.part.png')
    values = (depth.clip(0, 1) * 65535).round().astype(np.uint16)
    if not cv2.imwrite(str(part), values):
        raise OSError(f'could not write {part}')
    os.replace(part, path)


def run(args: argparse.Namespace) -> tuple[int, int]:
    """Numbers of maps that were written, and that were there."""
    folder = Path(args.images)
    names = list_images(folder, recursive=True).images
    if not names:
        raise ValueError(f'Expected {shown(folder)} to hold images')
    device = args.device
    if device is None:
        device = 'cuda' if torch.cuda.is_available() else 'cpu'
    source = source_of(args.source).to(device).eval()
    written = 0
    for number, name in enumerate(names, start=1):
        place = Path(args.depth) / Path(name).with_suffix('.png')
        if place.is_file():
            continue
        image = read_image(folder / name)
        batch = torch.from_numpy(image.transpose(2, 0, 1).copy())[None]
        sample = SimpleNamespace(
            img_path=str(folder / name),
            file_name=name,
            ori_shape=image.shape[:2],
        )
        with torch.no_grad():
            depth = source(batch.to(device), [sample])[0]
        write(place, depth.cpu().numpy())
        written += 1
        print(f'\r{number:,} of {len(names):,} images', end='', flush=True)
    return written, len(names) - written


def main(arguments: list[str] | None = None) -> int:
    """Writes depth."""
    args = parse_args(arguments)
    written, there = run(args)
    print(f'\r{args.depth}: {written:,} maps written, {there:,} were there')
    return 0


if __name__ == '__main__':
    run_tool_main(main, goes_on=True)
