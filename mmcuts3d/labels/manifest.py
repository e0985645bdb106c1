"""``store.json``: what a folder of labels was begun with."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mmcuts3d.files import shown
from mmcuts3d.files.whole_files import write_json
from mmcuts3d.version import __version__

from .journal import cannot_write
from .own_files import DESCRIPTION, MANIFEST, check_own_manifest

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


def next_manifest(
    folder: Path,
    backend: str,
    names: Sequence[str] | None,
    fingerprint: str,
    provenance: dict[str, Any] | None,
    shard_size: int,
    may_grow: bool,
    ids: Sequence[int] | None = None,
) -> dict[str, Any]:
    """The manifest of a run, checked against that of its folder, if any.

    Args:
        folder (Path): The folder, locked.
        backend (str): Name of the backend.
        names (Sequence[str], optional): File names of the images; None where
            they are not known.
        fingerprint (str): Stands for everything the labels depend on.
        provenance (dict, optional): ``settings``, ``weights`` and others,
            as JSON can hold them.
        shard_size (int): Images of a shard, of a store that is begun.
        may_grow (bool): Whether images may be added at the end.
        ids (Sequence[int], optional): Ids of the images, to be held to.
            Defaults to None.

    Returns:
        dict: The manifest; :func:`write_manifest` keeps it.

    Raises:
        ValueError: If the folder was begun with another backend, settings
            or images; says both values.
    """
    known = names or ()
    new = {
        'description': DESCRIPTION,
        'format': 1,
        'backend': backend,
        'fingerprint': fingerprint,
        'num_images': len(known),
        'digest': digest_names(known),
        'ids': None if ids is None else digest_names(list(map(str, ids))),
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
        kept = ['shard_size', 'provenance']
        if names is None:
            kept += ['num_images', 'digest']
        else:
            _check_images(folder, old, names, may_grow)
            _check_ids(folder, old, new)
        new.update({key: old[key] for key in kept})
    return new


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """Keep the manifest of a run in its folder.

    Args:
        folder (Path): The folder, locked.
        manifest (dict): From :func:`next_manifest`.

    Raises:
        ValueError: If the disk does not take it.
    """
    path = folder / MANIFEST
    if path.exists() and check_own_manifest(path) == manifest:
        return
    try:
        write_json(path, manifest)
    except OSError as error:
        raise cannot_write(folder, error) from error


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
        yield (
            f'{place} is {shown(repr(new), 120)} and was '
            f'{shown(repr(old), 120)}'
        )


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


def _check_ids(folder: Path, old: dict[str, Any], new: dict[str, Any]) -> None:
    before, now = old.get('ids'), new['ids']
    if before is None or now is None or before == now:
        return
    raise ValueError(
        f'Expected the images of {folder} to have the ids that it was begun '
        f'with (digest {before}), but got others (digest {now}): the images '
        'changed between two runs. Label into another folder, or overwrite '
        'this one.'
    )
