"""Labels of a labeller's config, made where they are not there yet."""

import logging
from pathlib import Path

from mmengine.config import Config
from mmengine.device import get_device
from mmengine.logging import print_log
from mmengine.registry import MODELS, init_default_scope

from mmcuts3d.engine.labeling import (
    folder_dataloader,
    label_folder,
    labeling_fingerprint,
)


def label_by_config(
    config_file: str | Path,
    images: str | Path,
    ann_file: str | Path,
    out_dir: str | Path,
    cfg_options: dict | None = None,
) -> Path:
    """Label the images of a COCO file by a labeller.

    The labels are those that ``tools/generate_pseudo_labels.py`` makes; a
    second call goes on where the first one stopped.

    Args:
        config_file (str | Path): Config of a labeller.
        images (str | Path): Folder of the images.
        ann_file (str | Path): COCO file with the images to take.
        out_dir (str | Path): Folder of the labels.
        cfg_options (dict, optional): Settings to change. Defaults to None.

    Returns:
        Path: ``out_dir``.

    Raises:
        ValueError: If the config is of a model that must be trained, or
            ``out_dir`` holds labels of other settings.
    """
    config = Config.fromfile(str(config_file))
    if cfg_options:
        config.merge_from_dict(cfg_options)
    init_default_scope(config.get('default_scope', 'mmdet'))
    dataloader = folder_dataloader(config.test_dataloader, images, ann_file)
    # As the labelling command has it, so that it could go on here.
    fingerprint = labeling_fingerprint(
        config.model, dataloader['dataset'], 0.0, 100
    )
    model = MODELS.build(config.model)
    if any(value.requires_grad for value in model.parameters()):
        raise ValueError(
            f'Expected {config_file} to be the config of a labeller, but got '
            f'a {type(model).__name__} without weights. Label with '
            'tools/generate_pseudo_labels.py --checkpoint, and give its '
            'folder instead.'
        )
    statistics = label_folder(
        model.to(get_device()), dataloader, out_dir, fingerprint
    )
    print_log(
        f'{config_file}: {statistics["num_masks"]} masks in '
        f'{statistics["num_images"]} images, {statistics["num_errors"]} '
        f'images failed: {out_dir}',
        logger='current',
        level=logging.INFO,
    )
    return Path(out_dir)
