"""Merges a detector's labels with those it was trained on: one round.

    python tools/merge_rounds.py BEFORE NEW --out FILE

    python tools/merge_rounds.py BEFORE NEW --out FOLDER

BEFORE and NEW are label files, or folders that
tools/generate_pseudo_labels.py wrote, of either kind. --out with the ending
.json becomes a COCO file. Any other name, such as --out merged, becomes the
folder of a Parquet store: it is made image by image, so that nothing is whole
in memory, and a merge that was stopped goes on. Kept are the masks of NEW
with a score above --score-thr, and of BEFORE those whose IoU with every kept
mask is below --iou-thr. SelfTrainingHook does the same inside a training.
"""

import argparse
import json
from pathlib import Path

from mmcuts3d.cli.running import add_examples, run_tool_main
from mmcuts3d.labels import (
    MANIFEST,
    label_statistics,
    merge_rounds,
    merge_stores,
    open_store,
    read_any_labels,
    write_json,
)


def parse_args(arguments: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('before', help='labels of the round before')
    parser.add_argument('new', help="the detector's labels of the same images")
    parser.add_argument(
        '--out',
        required=True,
        help='of the result: NAME.json is a COCO file, NAME without .json '
        'the folder of a Parquet store',
    )
    parser.add_argument(
        '--score-thr',
        type=float,
        default=0.7,
        help='keep masks of NEW with a higher score (default: %(default)s)',
    )
    parser.add_argument(
        '--iou-thr',
        type=float,
        default=0.5,
        help='keep masks of BEFORE with a lower IoU (default: %(default)s)',
    )
    parser.add_argument(
        '--keep-confidence',
        action='store_true',
        help='keep the Spatial Confidence of old masks; without it all count '
        'with 1, as in the paper (supplement, Sec. E.3)',
    )
    parser.add_argument(
        '--overwrite', action='store_true', help='replace the labels of --out'
    )
    add_examples(
        parser, 'tools/merge_rounds.py before.json new.json --out merged.json'
    )
    args = parser.parse_args(arguments)
    for name in ('score_thr', 'iou_thr'):
        value = getattr(args, name)
        if not 0 <= value <= 1:
            parser.error(
                f'--{name.replace("_", "-")}: in [0, 1], but got {value}'
            )
    out = Path(args.out)
    if out.is_dir() and any(out.iterdir()) and not (out / MANIFEST).exists():
        parser.error(
            f'--out: a file, but got the folder {out}, which is no label store'
        )
    if out.suffix != '.json':
        return args  # a folder says itself whose labels it holds
    if out.is_dir():
        parser.error(f'--out: a file, but got the folder {out}')
    if out.exists() and not args.overwrite:
        parser.error(f'--out: {out} is there already; see --overwrite')
    return args


def main(arguments: list[str] | None = None) -> int:
    """Merges two label files.

    Args:
        arguments (list[str], optional): Command line. Defaults to None: that
            of the process.

    Returns:
        int: 0.

    Raises:
        ValueError: If a file holds no labels, or the two do not fit.
    """
    args = parse_args(arguments)
    out = Path(args.out)
    thresholds = args.score_thr, args.iou_thr, args.keep_confidence
    if out.suffix == '.json':
        merged = merge_rounds(
            read_any_labels(args.before),
            read_any_labels(args.new),
            *thresholds,
        )
        out.parent.mkdir(parents=True, exist_ok=True)
        write_json(out, merged)
        counted = label_statistics(merged)
    else:
        stores = open_store(args.before), open_store(args.new)
        merge_stores(*stores, out, *thresholds, overwrite=args.overwrite)
        counted = open_store(out).statistics().to_numbers()
    print(json.dumps(counted))
    print(f'Merged labels: {out}')
    return 0


if __name__ == '__main__':
    run_tool_main(main)
