"""Imports pseudo-labels of other methods: CutLER, CuVLER, any COCO file.

    python tools/dataset_converters/import_pseudo_labels.py \\
        imagenet_train_fixsize480_tau0.15_N3.json --out labels.json

The file may have one category of any name ("fg"), and heights and widths that
are exchanged: the masks decide, or, with --images, the images. Scores are
kept; masks without one get --default-score. PseudoLabelDataset, evaluation
and merging of rounds read the result.
"""

import argparse
import sys
from pathlib import Path


def parse_args(arguments: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add('labels', help='COCO file of another method')
    add('--out', required=True, help='the file to write')
    add(
        '--images',
        help='image folder: names are matched to its files, and sizes that '
        'differ from the masks are measured there',
    )
    add(
        '--default-score',
        type=float,
        default=1.0,
        help='of masks without a score (%(default)s)',
    )
    add(
        '--merge-categories',
        action='store_true',
        help='make one of several categories, instead of refusing',
    )
    add(
        '--overwrite',
        action='store_true',
        help='replace the file that is written, if it is there',
    )
    args = parser.parse_args(arguments)
    if not 0 <= args.default_score <= 1:
        parser.error(f'--default-score: in [0, 1], got {args.default_score}')
    return args


def main(arguments: list[str] | None = None) -> int:
    """Imports.

    Args:
        arguments (list[str], optional): Command line. Defaults to None: that
            of the process.

    Returns:
        int: 0.

    Raises:
        ValueError: If the labels cannot be read, or the output is there.
    """
    args = parse_args(arguments)
    from mmcuts3d.labels import write_json
    from mmcuts3d.labels.importing import import_labels

    out = Path(args.out)
    if out.exists() and not args.overwrite:
        raise ValueError(
            f'Expected no file at {out}, but got one: give --overwrite to '
            'replace it.'
        )
    if out.exists() and out.samefile(args.labels):
        raise ValueError(f'Expected another file than {out} to write to.')
    labels, notes = import_labels(
        args.labels, args.images, args.default_score, args.merge_categories
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    write_json(out, labels)
    print(
        f'{out}: {len(labels["annotations"]):,} masks in '
        f'{len(labels["images"]):,} images'
    )
    for note in notes:
        print(f'  {note}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
