"""Pre-trained ViT weights by name: address, download, cache, check.

A file is downloaded once, under a temporary name first, and its SHA-256 is
written beside it; every later use compares the file with that record.
"""

import argparse
import contextlib
import hashlib
import os
import shutil
import urllib.request
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from mmcuts3d.files.whole_files import file_blocks

from ..hub import tell_download
from .convert import convert_to_mmpretrain
from .official_weights import HOST, OFFICIAL_WEIGHTS, OfficialWeights


class WeightsError(OSError, RuntimeError):
    """Weights that cannot be had or cannot be trusted; says what to do."""


def weights_folder(cache_dir: str | os.PathLike[str] | None = None) -> Path:
    """Folder that keeps downloaded weights.

    Args:
        cache_dir (path, optional): A folder of the caller's choice. Defaults
            to None: ``$MMCUTS3D_HOME/weights``, else
            ``$XDG_CACHE_HOME/mmcuts3d/weights``, else
            ``~/.cache/mmcuts3d/weights``.
    """
    if cache_dir is not None:
        return Path(cache_dir)
    home = os.environ.get('MMCUTS3D_HOME')
    if home:
        return Path(home).expanduser() / 'weights'
    cache = os.environ.get('XDG_CACHE_HOME') or '~/.cache'
    return Path(cache).expanduser() / 'mmcuts3d' / 'weights'


def find_weights(
    weights: str | os.PathLike[str],
    cache_dir: str | os.PathLike[str] | None = None,
    base_url: str = HOST,
    timeout: float = 60.0,
    known: Mapping[str, OfficialWeights] = OFFICIAL_WEIGHTS,
) -> Path:
    """Local file of weights given by name or path, downloaded if needed.

    Args:
        weights (str or path): A key of ``known`` or a local file.
        cache_dir (path, optional): See :func:`weights_folder`. Defaults to
            None.
        base_url (str): Host of the official files, or a mirror of it.
            Defaults to the authors' own.
        timeout (float): Seconds without an answer before giving up.
            Defaults to 60.
        known (Mapping): What can be asked for by name. Defaults to
            ``OFFICIAL_WEIGHTS``.

    Returns:
        Path: The file. Named weights have been compared with the SHA-256
        that was recorded beside them; a local file is taken as it is.

    Raises:
        ValueError: If it is neither a known name nor a file.
        WeightsError: If the download fails or the file is not the one that
            was recorded or published; the message says how to place the file
            by hand.
    """
    official = known.get(str(weights))
    if official is None:
        path = Path(weights).expanduser()
        if not path.is_file():
            raise ValueError(
                'Expected argument `weights` to be a file or one of '
                f'{sorted(known)}, but got {str(weights)!r}'
            )
        return path
    path = weights_folder(cache_dir) / official.file_name
    url = official.address(base_url)
    by_hand = f'To place the file by hand, fetch {url} and save it as {path}'
    if path.is_file():
        _check(path, path, official.digest, by_hand)
    elif official.direct:
        _download(url, path, official.digest, timeout, by_hand)
    else:
        raise WeightsError(
            f'The weights {weights!r} have no direct link. {by_hand}.'
        )
    return path


def load_weights(
    path: str | os.PathLike[str], key: str | None = None
) -> dict[str, torch.Tensor]:
    """State dict of a ViT file of any official layout, in mmpretrain's names.

    Args:
        path (str or path): A file written by ``torch.save``.
        key (str, optional): See :func:`convert_to_mmpretrain`. Defaults to
            None.

    Returns:
        dict[str, Tensor]: See :func:`convert_to_mmpretrain`; on the CPU.

    Raises:
        WeightsError: If it cannot be read with ``weights_only=True``.
        ValueError: If it holds no such ViT; the message names the file.
    """
    try:
        with _namespaces_allowed():
            checkpoint = torch.load(path, 'cpu', weights_only=True)
    except Exception as error:  # pickle, zipfile, EOF …: all say "not this"
        raise WeightsError(
            f'{path} cannot be read as a checkpoint with weights_only=True '
            f'({type(error).__name__}: {str(error).splitlines()[0]}). If it '
            'was not fetched whole, remove it and fetch it again.'
        ) from error
    try:
        return convert_to_mmpretrain(checkpoint, key)
    except ValueError as error:
        raise ValueError(f'{path}: {error}') from error


def _namespaces_allowed() -> Any:
    """Training checkpoints keep their command line as a Namespace."""
    allow = getattr(torch.serialization, 'safe_globals', None)
    if allow is None:  # torch < 2.5: such a file is refused with the reason
        return contextlib.nullcontext()
    return allow([argparse.Namespace])


def _download(
    url: str, path: Path, digest: str, timeout: float, by_hand: str
) -> None:
    """Downloads to a temporary name in the same folder, then renames."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = _partial(path)
    try:
        with (
            partial.open('wb') as file,
            urllib.request.urlopen(url, timeout=timeout) as response,
        ):
            expected = response.headers.get('Content-Length')
            tell_download(path.name, url, expected, path.parent)
            shutil.copyfileobj(response, file, 1 << 20)
            if expected is not None and file.tell() != int(expected):
                raise OSError(
                    f'the connection ended after {file.tell()} of {expected} '
                    'bytes'
                )
        _check(partial, path, digest, by_hand)
        os.replace(partial, path)
    except WeightsError:
        raise
    except (OSError, ValueError) as error:  # URLError is an OSError
        raise WeightsError(
            f'{url} could not be downloaded: {error}. {by_hand}.'
        ) from error
    finally:
        partial.unlink(missing_ok=True)


def _check(file: Path, path: Path, digest: str, by_hand: str) -> None:
    """Compares a file, to be kept as ``path``, with what is known of it.

    The first time, its SHA-256 is recorded beside ``path``; the record stays
    when the file is removed, so that a second download is checked too.
    """
    _check_published(file, digest, by_hand)
    record = path.with_name(path.name + '.sha256')
    actual = file_digest(file)
    if not record.is_file():
        _write(record, f'{actual}  {path.name}\n')
        return
    expected = record.read_text().split()[:1]
    if expected != [actual]:
        raise WeightsError(
            f'{path} has changed: SHA-256 {actual}, but '
            f'{"".join(expected) or "nothing"} was recorded in {record} when '
            'it was first used. Remove both files to start anew. '
            f'{by_hand}.'
        )


def _check_published(path: Path, digest: str, by_hand: str) -> None:
    algorithm, _, expected = digest.partition(':')
    if not expected:
        return
    actual = file_digest(path, algorithm)
    if not actual.startswith(expected):
        raise WeightsError(
            f'{path.name} is not the published file: {algorithm} begins with '
            f'{actual[: len(expected)]}, the published one with {expected}. '
            f'{by_hand}.'
        )


def file_digest(
    path: str | os.PathLike[str], algorithm: str = 'sha256'
) -> str:
    """Hexadecimal digest of a file."""
    digest = hashlib.new(algorithm, usedforsecurity=False)
    for block in file_blocks(Path(path)):
        digest.update(block)
    return digest.hexdigest()


def _write(path: Path, text: str) -> None:
    """Writes a small file atomically."""
    partial = _partial(path)
    partial.write_text(text)
    os.replace(partial, path)


def _partial(path: Path) -> Path:
    """A name of its own beside the file, for every process that writes."""
    return path.with_name(f'{path.name}.{uuid.uuid4().hex}.part')
