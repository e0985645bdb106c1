"""Which files in a folder are those of a label store, and whose they are."""

import json
from pathlib import Path
from typing import Any

#: Name of the COCO file in the folder of a label store.
LABEL_FILE = 'pseudo_labels.json'
#: Name of the file that lists images which failed.
ERROR_FILE = 'errors.json'
JOURNALS = 'records.rank*.jsonl'
#: Name of the file that describes a label store.
MANIFEST = 'store.json'
SHARDS = 'shard-*-of-*.parquet'
SHARD_JOURNALS = 'shard-*-of-*.jsonl'
SUMMARY = 'summary.json'
INDICES = 'index-*.parquet'
DESCRIPTION = 'pseudo-labels of mmcuts3d'
_INFO = '{"info": '


def check_own_labels(path: Path) -> dict[str, Any]:
    """Check that a file is one that :meth:`LabelWriter.finish` wrote.

    Only the beginning is read.

    Args:
        path (Path): The file.

    Returns:
        dict: Its ``info``.

    Raises:
        ValueError: If the file is of somebody else.
    """
    info: Any = None
    with path.open('rb') as file:
        head = file.read(1 << 16).decode(errors='replace')
    if head.startswith(_INFO):
        try:
            info, _ = json.JSONDecoder().raw_decode(head, len(_INFO))
        except ValueError:
            info = None
    description = info.get('description') if isinstance(info, dict) else None
    if not str(description).startswith(DESCRIPTION):
        raise ValueError(
            f'Expected {path} to be labels that this folder was given by '
            'mmcuts3d, but got a file of another origin, which labeling '
            'would replace. Move it away, or label into another folder.'
        )
    return dict(info)


def check_own_errors(path: Path) -> None:
    """Check that a file, if it is there, is an error list of a store.

    Args:
        path (Path): The file.

    Raises:
        ValueError: If the file is of somebody else.
    """
    if not path.exists():
        return
    try:
        rows = json.loads(path.read_text(encoding='utf-8'))
    except ValueError:
        rows = None
    if not isinstance(rows, list) or any(
        not isinstance(row, dict) or set(row) != {'file_name', 'error'}
        for row in rows
    ):
        raise ValueError(
            f'Expected {path} to be a list of images that failed, but got a '
            'file of another origin, which labeling would replace. Move it '
            'away, or label into another folder.'
        )


def check_own_manifest(path: Path) -> dict[str, Any]:
    """Read the manifest of a store.

    Args:
        path (Path): The file.

    Returns:
        dict: What it holds.

    Raises:
        ValueError: If the file is of somebody else.
    """
    try:
        content = json.loads(path.read_text(encoding='utf-8'))
    except ValueError:
        content = None
    if not isinstance(content, dict) or not str(
        content.get('description')
    ).startswith(DESCRIPTION):
        raise ValueError(
            f'Expected {path} to be the manifest of a label store, but got a '
            'file of another origin. Move it away, or label into another '
            'folder.'
        )
    return content


def check_no_strangers(folder: Path) -> None:
    """Check that a folder that is no store yet has no file named as one's.

    Args:
        folder (Path): The folder.

    Raises:
        ValueError: If it has, for labeling would replace it.
    """
    if (folder / MANIFEST).exists():
        return
    for pattern in (SHARDS, SHARD_JOURNALS, INDICES, SUMMARY):
        for path in folder.glob(pattern):
            raise ValueError(
                f'Expected {folder} to be a label store or to hold no file '
                f'of that name, but got {path.name} without a {MANIFEST}, '
                'which labeling would replace. Move it away, or label into '
                'another folder.'
            )


def remove_labels(out_dir: str | Path) -> None:
    """Remove a store's files from a folder, and nothing else.

    Args:
        out_dir (str | Path): The folder; one that is missing is left so.

    Raises:
        ValueError: If a file in the place of the store's own is of somebody
            else; then nothing is removed.
    """
    out_dir = Path(out_dir)
    if (out_dir / LABEL_FILE).exists():
        check_own_labels(out_dir / LABEL_FILE)
    check_own_errors(out_dir / ERROR_FILE)
    manifest = out_dir / MANIFEST
    patterns = [JOURNALS, LABEL_FILE, ERROR_FILE]
    if manifest.exists():
        check_own_manifest(manifest)
        for pattern in (SHARDS, SHARD_JOURNALS, INDICES, SUMMARY):
            patterns += [pattern, f'{pattern}.tmp']
        patterns += [f'{MANIFEST}.tmp', MANIFEST]
    for pattern in patterns:
        for path in out_dir.glob(pattern):
            path.unlink()
