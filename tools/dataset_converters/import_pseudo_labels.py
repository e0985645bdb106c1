"""Imports pseudo-labels of other methods: CutLER, CuVLER, any COCO file.

    python tools/dataset_converters/import_pseudo_labels.py \\
        imagenet_train_fixsize480_tau0.15_N3.json --out labels.json

    python tools/dataset_converters/import_pseudo_labels.py \\
        imagenet_train_fixsize480_tau0.15_N3.json --out labels --store parquet

The file may have one category of any name ("fg"), and heights and widths that
are exchanged: the masks decide, or, with --images, the images. Scores are
kept; masks without one get --default-score. The file is read whole. With
--store --out is the folder of a label store. PseudoLabelDataset, evaluation
and merging of rounds read the result, file or folder.
"""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mmcuts3d.labels import ImageRecord


def parse_args(arguments: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add('labels', help='COCO file of another method')
    add('--out', required=True, help='the file to write, or the folder')
    add(
        '--store',
        choices=['auto', 'jsonl', 'parquet'],
        help='write a folder of this kind, auto by the number of images '
        '(default: a COCO file)',
    )
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
        help='replace the file that is written, or the labels of the folder',
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
    from mmcuts3d.labels.importing import import_records

    out = Path(args.out)
    if args.store is None:
        _check_file(out, args)
    records, notes = import_records(
        args.labels, args.images, args.default_score, args.merge_categories
    )
    _write(records, out, args)
    number = sum(len(record.annotations) for record in records)
    print(f'{out}: {number:,} masks in {len(records):,} images')
    for note in notes:
        print(f'  {note}')
    return 0


def _check_file(out: Path, args: argparse.Namespace) -> None:
    if out.is_dir():
        raise ValueError(
            f'Expected a file to write to, but got the folder {out}: give '
            '--store to make a label store.'
        )
    if out.exists() and not args.overwrite:
        raise ValueError(
            f'Expected no file at {out}, but got one: give --overwrite to '
            'replace it.'
        )
    if out.exists() and out.samefile(args.labels):
        raise ValueError(f'Expected another file than {out} to write to.')


def _write(
    records: 'list[ImageRecord]', out: Path, args: argparse.Namespace
) -> None:
    from mmcuts3d.files.whole_files import digest_files, write_json
    from mmcuts3d.labels import build_labels, write_records
    from mmcuts3d.labels.importing import DESCRIPTION

    if args.store is None:
        out.parent.mkdir(parents=True, exist_ok=True)
        write_json(out, build_labels(records, {'description': DESCRIPTION}))
        return
    provenance = {
        'settings': {
            'imported': Path(args.labels).name,
            'digest': digest_files([Path(args.labels)]),
            'default_score': args.default_score,
            'merge_categories': args.merge_categories,
            'images': args.images,
        }
    }
    store = None if args.store == 'auto' else args.store
    write_records(records, out, store, provenance, args.overwrite)


if __name__ == '__main__':
    sys.exit(main())
