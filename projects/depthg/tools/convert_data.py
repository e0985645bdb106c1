"""Converts a data set of the paper: python .../convert_data.py NAME SRC DST.

    convert_data.py coco-stuff27 SRC DST   COCO-Stuff 164k, 27 classes
    convert_data.py cityscapes27 SRC DST   leftImg8bit and gtFine
    convert_data.py potsdam3 SRC DST       tiles of the ISPRS, or IIC's crops
    convert_data.py nyuv2 SRC DST          nyu_depth_v2_labeled.mat

SRC is the folder of the original files; what it must hold is said where
something is missing. DST gets classes.json, and below train/ and val/
each images/, labels/ and, of NYUv2, depth/. A conversion that was stopped
goes on with the same command. Run it from the root of the repository.
"""

import sys
from pathlib import Path

# `projects` lies in the root of the repository.
sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import mmcuts3d.registry  # noqa: F401  # isort: skip (checks, repairs)

import argparse

from mmcuts3d.cli.running import add_examples, run_tool_main

NAMES = ('coco-stuff27', 'cityscapes27', 'potsdam3', 'nyuv2')


def parse_args(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add('name', choices=NAMES, help='the data set')
    add('source', metavar='SRC', help='folder of the original files')
    add('target', metavar='DST', help='folder to write')
    add(
        '--all-images',
        action='store_true',
        help='coco-stuff27: all images, and not those of the list of IIC',
    )
    add(
        '--classes',
        type=int,
        choices=(13, 40),
        default=13,
        help='nyuv2: how many (%(default)s)',
    )
    add_examples(
        parser,
        'projects/depthg/tools/convert_data.py nyuv2 original data/nyuv2',
    )
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Converts."""
    from projects.depthg.depthg import converters

    args = parse_args(arguments)
    source, target = Path(args.source), Path(args.target)
    if not source.is_dir():
        raise ValueError(f'Expected SRC to be a folder, but {source} is none')
    if args.name == 'coco-stuff27':
        counts = converters.convert_coco_stuff(source, target, args.all_images)
    elif args.name == 'cityscapes27':
        counts = converters.convert_cityscapes(source, target)
    elif args.name == 'potsdam3':
        counts = converters.convert_potsdam(source, target)
    else:
        counts = converters.convert_nyu(source, target, args.classes)
    told = ', '.join(f'{n:,} of {split}' for split, n in counts.items())
    print(f'{target}: images: {told}')
    return 0


if __name__ == '__main__':
    run_tool_main(main, goes_on=True)
