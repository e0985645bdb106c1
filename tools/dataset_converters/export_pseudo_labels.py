"""Exports the labels of a store as one COCO file, for tools of others.

    python tools/dataset_converters/export_pseudo_labels.py FOLDER OUT.json

FOLDER is what tools/generate_pseudo_labels.py, merge_rounds.py or
import_pseudo_labels.py wrote, of either kind. A Parquet store is read image by
image, so that a million of them need little memory; images are sorted by id.
docs/labels_in_other_tools.md says who reads the file.
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
    parser.add_argument('folder', help='label store, or a label file')
    parser.add_argument('out', help='the file to write')
    parser.add_argument(
        '--overwrite',
        action='store_true',
        help='replace the file that is written, if it is there',
    )
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Exports.

    Args:
        arguments (list[str], optional): Command line. Defaults to None: that
            of the process.

    Returns:
        int: 0.

    Raises:
        ValueError: If there are no finished labels, or the output is there.
    """
    args = parse_args(arguments)
    from mmcuts3d.labels import LABEL_FILE, export_labels, open_store

    out, folder = Path(args.out), Path(args.folder)
    if out.is_dir():
        raise ValueError(f'Expected a file to write to, but got folder {out}.')
    if out.exists() and not args.overwrite:
        raise ValueError(
            f'Expected no file at {out}, but got one: give --overwrite to '
            'replace it.'
        )
    if out.exists() and any(
        path.exists() and out.samefile(path)
        for path in (folder, folder / LABEL_FILE)
    ):
        raise ValueError(f'Expected another file than {out} to write to.')
    store = open_store(folder)
    out.parent.mkdir(parents=True, exist_ok=True)
    written = export_labels(store, out)
    print(
        f'{out}: {written.num_masks:,} masks in {written.num_images:,} images'
    )
    failed = store.statistics().num_errors
    if failed:
        print(f'  {failed:,} images failed; a COCO file has no place for them')
    return 0


if __name__ == '__main__':
    try:
        sys.exit(main())
    except ValueError as error:
        sys.exit(f'{error}')
