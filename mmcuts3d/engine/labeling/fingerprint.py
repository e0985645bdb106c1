"""What labels depend on, as one short text: labels of others are not mixed
in when a run goes on."""

import hashlib
import json
import os.path as osp
from pathlib import Path
from typing import Any

import torch
from torch import nn

from mmcuts3d.files.whole_files import file_blocks
from mmcuts3d.version import __version__

#: Keys of a dataset's config that are relative to its ``data_root``.
_BELOW_DATA_ROOT = ('ann_file', 'seg_map_path')
#: Keys of any config that name a folder.
_FOLDERS = ('root', 'image_root')
#: Keys of a labeler's config that say how it computes, and not what.
_HOW = ('batched',)


def labeling_fingerprint(*parts: Any, checkpoint: str | None = None) -> str:
    """Hash of everything that labels depend on, the version included.

    Args:
        *parts (Any): Configs, numbers, texts. Folders in configs count as
            what they are, however they are spelt: relative, with a slash at
            the end, or through a symbolic link.
        checkpoint (str, optional): Weights file; its content counts if it is
            a local file, else its name. Defaults to None.

    Returns:
        str: 16 hexadecimal digits.
    """
    plain = [__version__, *(_canonical(part) for part in parts)]
    text = json.dumps(plain, sort_keys=True, default=_plain)
    digest = hashlib.sha256(text.encode())
    _add_weights(digest, checkpoint)
    return digest.hexdigest()[:16]


def labeling_provenance(
    model: Any,
    dataset: Any,
    score_thr: float,
    max_per_image: int,
    checkpoint: str | None = None,
) -> dict[str, Any]:
    """What labels depend on, to be read and compared setting by setting.

    Args:
        model (Any): Config of the model; of a module its settings and the
            hash of its weights.
        dataset (Any): Config of the dataset.
        score_thr (float): Least score.
        max_per_image (int): Number of instances at most.
        checkpoint (str, optional): Weights file. Defaults to None.

    Returns:
        dict: ``settings`` and ``weights``, as JSON can hold them.
    """
    settings = {
        'model': _canonical(model),
        'dataset': _canonical(dataset),
        'score_thr': score_thr,
        'max_per_image': max_per_image,
    }
    weights = {'checkpoint': checkpoint, 'sha256': ''}
    if checkpoint is not None:
        digest = hashlib.sha256()  # the file may change under its name
        _add_weights(digest, checkpoint)
        weights['sha256'] = digest.hexdigest()[:16]
    text = json.dumps(
        {'settings': settings, 'weights': weights}, default=_plain
    )
    provenance: dict[str, Any] = json.loads(text)
    return provenance


def weights_fingerprint(model: nn.Module) -> str:
    """Hash of a model's weights: predictions of other weights are others.

    Args:
        model (nn.Module): Any model.

    Returns:
        str: 16 hexadecimal digits.
    """
    digest = hashlib.sha256()
    for name, value in model.state_dict().items():
        digest.update(name.encode())
        flat = value.detach().cpu().contiguous().reshape(-1)
        digest.update(flat.view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()[:16]


def _add_weights(digest: Any, checkpoint: str | None) -> None:
    if checkpoint and osp.isfile(checkpoint):
        for block in file_blocks(Path(checkpoint)):
            digest.update(block)
    else:
        digest.update(str(checkpoint).encode())


def _canonical(value: Any) -> Any:
    """A config with every folder in the one way to write it."""
    if isinstance(value, dict):
        config = {
            key: _canonical(inner)
            for key, inner in value.items()
            if key not in _HOW
        }
        for key in _FOLDERS:
            config.update(_resolved(config, key, ''))
        if 'data_prefix' in config or 'ann_file' in config:
            config.update(_dataset_paths(config))
        return config
    if isinstance(value, (list, tuple)):
        return [_canonical(inner) for inner in value]
    return value


def _dataset_paths(config: dict) -> dict[str, Any]:
    root = config.pop('data_root', None) or ''
    paths: dict[str, Any] = {}
    for key in _BELOW_DATA_ROOT:
        paths.update(_resolved(config, key, root))
    prefix = config.get('data_prefix')
    if isinstance(prefix, dict):
        paths['data_prefix'] = dict(prefix)
        for key in prefix:
            paths['data_prefix'].update(_resolved(prefix, key, root))
    return paths


def _resolved(config: dict, key: str, root: str) -> dict[str, str]:
    path = config.get(key)
    if not isinstance(path, str) or not (path or root) or '://' in path:
        return {}
    if not path and key in _BELOW_DATA_ROOT:
        return {}
    return {key: osp.realpath(osp.join(root, path))}


def _plain(value: Any) -> Any:
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if hasattr(value, 'to_dict'):
        return value.to_dict()
    return str(value)
