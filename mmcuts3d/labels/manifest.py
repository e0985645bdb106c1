"""``store.json``: what a folder of labels was begun with."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mmcuts3d.version import __version__

from .own_files import DESCRIPTION, MANIFEST, check_own_manifest
from .store import write_json

#: Differences that a message lists at most.
_MAX_DIFFERENCES = 5


def digest_names(names: Sequence[str]) -> str:
    """Stands for a list of file names.

    Args:
        names (Sequence[str]): The names, in order.

    Returns:
        str: 16 hexadecimal digits.
    """
    digest = hashlib.sha256()
    for name in names:
        digest.update(name.encode('utf-8', 'surrogatepass') + b'\0')
    return digest.hexdigest()[:16]


def begin_manifest(
    folder: Path,
    backend: str,
    names: Sequence[str],
    fingerprint: str,
    provenance: dict[str, Any] | None,
    shard_size: int,
    may_grow: bool,
) -> dict[str, Any]:
    """Check the manifest of a folder, or write the first one.

    Args:
        folder (Path): The folder, locked.
        backend (str): Name of the backend.
        names (Sequence[str]): File names of the images.
        fingerprint (str): Stands for everything the labels depend on.
        provenance (dict, optional): ``settings``, ``weights`` and others,
            as JSON can hold them.
        shard_size (int): Images of a shard, of a store that is begun.
        may_grow (bool): Whether images may be added at the end.

    Returns:
        dict: The manifest.

    Raises:
        ValueError: If the folder was begun with another backend, settings
            or images; says both values.
    """
    new = {
        'description': DESCRIPTION,
        'format': 1,
        'backend': backend,
        'fingerprint': fingerprint,
        'num_images': len(names),
        'digest': digest_names(names),
        'shard_size': shard_size,
        'provenance': json.loads(
            json.dumps(
                {'version': __version__, **(provenance or {})}, default=str
            )
        ),
    }
    path = folder / MANIFEST
    if path.exists():
        old = check_own_manifest(path)
        _check_same(folder, old, new)
        _check_images(folder, old, names, may_grow)
        new['shard_size'] = old['shard_size']
        new['provenance'] = old['provenance']
        if new == old:
            return new
    write_json(path, new)
    return new


def _check_same(
    folder: Path, old: dict[str, Any], new: dict[str, Any]
) -> None:
    if old['backend'] != new['backend']:
        raise ValueError(
            f'Expected {folder} to be a {new["backend"]!r} store, but got one '
            f'that was begun as {old["backend"]!r}. Go on with that, label '
            'into another folder, or overwrite this one.'
        )
    if old['fingerprint'] == new['fingerprint']:
        return
    found = list(_differences(old['provenance'], new['provenance']))
    which = '; '.join(found[:_MAX_DIFFERENCES])
    if len(found) > _MAX_DIFFERENCES:
        which += f'; {len(found) - _MAX_DIFFERENCES} more'
    raise ValueError(
        f'Expected {folder} to be of the run with fingerprint '
        f'{new["fingerprint"]!r}, but got labels of {old["fingerprint"]!r}, '
        'made with other settings or images'
        f'{f" ({which})" if which else ""}. Label into another folder, or '
        'overwrite this one.'
    )


def _differences(old: Any, new: Any, place: str = '') -> Iterator[str]:
    """Settings that differ, each with both values."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            inner = f'{place}.{key}' if place else str(key)
            yield from _differences(old.get(key), new.get(key), inner)
    elif isinstance(old, list) and isinstance(new, list):
        if len(old) == len(new):
            for number, pair in enumerate(zip(old, new, strict=True)):
                yield from _differences(*pair, f'{place}[{number}]')
        else:
            yield f'{place} has {len(new)} entries and had {len(old)}'
    elif old != new:
        yield f'{place} is {new!r:.80} and was {old!r:.80}'


def _check_images(
    folder: Path, old: dict[str, Any], names: Sequence[str], may_grow: bool
) -> None:
    number = old['num_images']
    same = number == len(names) or (may_grow and number < len(names))
    if same and digest_names(names[:number]) == old['digest']:
        return
    raise ValueError(
        f'Expected the {number} images that {folder} was begun with (digest '
        f'{old["digest"]}), but got {len(names)} images (digest '
        f'{digest_names(names)}): the images changed between two runs. Label '
        'into another folder, or overwrite this one.'
    )
