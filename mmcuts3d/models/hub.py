"""What is said of models of others: before a download, and where it fails."""

import os
from pathlib import Path
from typing import Any

from mmengine.logging import print_log

from mmcuts3d.files import shown

#: Weights in the order that the libraries prefer them.
WEIGHTS = ('.safetensors', '.bin')
#: Seconds that the hub has to say how large a model is.
TIMEOUT = 10.0


def tell_download(
    what: str, source: str, size: int | str | None, folder: object
) -> None:
    """Log what is about to be downloaded.

    Args:
        what (str): Name of it.
        source (str): Its address.
        size (int or str, optional): Bytes. None: not known.
        folder (path): Where it goes.
    """
    large = f', {int(size) / 1e6:,.1f} MB' if size is not None else ''
    print_log(
        f'Downloading {shown(what)}{large}, once, from {shown(source)} to '
        f'{shown(folder)}',
        'current',
    )


def tell_hub_download(
    model: str, revision: str | None = None, local_files_only: bool = False
) -> None:
    """Log what the hub is about to be asked for, if it is not here.

    Nothing is said where the hub cannot be asked: the library that loads the
    model then says why.

    Args:
        model (str): Name on the hub, or a folder.
        revision (str, optional): Of the model. Defaults to None: the newest.
        local_files_only (bool): Whether nothing is downloaded. Defaults to
            False.
    """
    from huggingface_hub import HfApi, constants

    if (
        local_files_only
        or constants.HF_HUB_OFFLINE
        or Path(model).exists()
        or _is_here(model, revision)
    ):
        return
    try:
        info = HfApi().model_info(
            model, revision=revision, files_metadata=True, timeout=TIMEOUT
        )
    except Exception:  # of several HTTP libraries, by the hub's version
        return
    tell_download(
        model,
        f'{constants.ENDPOINT}/{model}',
        size_of_weights(info.siblings or ()),
        constants.HF_HUB_CACHE,
    )


def size_of_weights(files: Any) -> int | None:
    """Bytes of the weights among the files of a model; None: not known.

    Args:
        files (sequence): Each with ``rfilename`` and ``size``. Of weights in
            two formats one is counted, and no variant (``.fp16.``).
    """
    for suffix in WEIGHTS:
        sizes = [
            file.size
            for file in files
            if file.rfilename.endswith(suffix)
            and os.path.basename(file.rfilename).count('.') == 1
        ]
        if sizes:
            return None if None in sizes else sum(sizes)
    return None


def _is_here(model: str, revision: str | None) -> bool:
    """Whether the hub's folder on this machine holds weights of a model."""
    from huggingface_hub import snapshot_download

    try:
        folder = snapshot_download(
            model, revision=revision, local_files_only=True
        )
    except (OSError, ValueError):
        return False
    return any(path.suffix in WEIGHTS for path in Path(folder).rglob('*'))


def not_to_be_had(
    model: str, error: OSError, what: str = 'depth model', before: str = ''
) -> OSError:
    """An error that says how to place a model by hand.

    Args:
        model (str): Name or folder that was asked for.
        error (OSError): What the library raised.
        what (str): What the model is. Defaults to 'depth model'.
        before (str): A sentence on what to do first, such as to accept a
            licence. Defaults to ''.

    Returns:
        OSError: To be raised from ``error``.
    """
    reason = str(error).partition('\n')[0].rstrip('.')
    before = f'{before} ' if before else ''
    return OSError(
        f'The {what} {model!r} cannot be had: {reason}. {before}To place it '
        f'by hand, fetch all files of https://huggingface.co/{model} into a '
        'folder and give the folder as `model`.'
    )
