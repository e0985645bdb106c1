"""The labeling job of a config file and a folder of images."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmcuts3d.models.depth import set_depth_clip

from ..config import load_config
from ..config_kinds import check_purpose
from .dataloaders import folder_dataloader
from .job import LabelingJob


def job_by_config(
    config_file: str | Path,
    images: str | Path,
    out_dir: str | Path,
    ann_file: str | Path | None = None,
    cfg_options: dict | None = None,
    depth_clip: Sequence[float] | None = None,
    recursive: bool = False,
    **settings: Any,
) -> LabelingJob:
    """The job that labels a folder of images by a config.

    Every command that is given a config and a folder makes it here, so that
    one goes on where another stopped.

    Args:
        config_file (str | Path): Config of a labeler, or of a detector with
            ``checkpoint``.
        images (str | Path): Folder of the images.
        out_dir (str | Path): Folder of the label store.
        ann_file (str | Path, optional): COCO file with the images to take
            and their ids. Defaults to None: all of the folder.
        cfg_options (dict, optional): Settings to change. Defaults to None.
        depth_clip (Sequence[float], optional): See
            :func:`mmcuts3d.models.depth.set_depth_clip`. Defaults to None.
        recursive (bool): Whether images of sub-folders are taken too.
            Defaults to False.
        **settings (Any): See :class:`LabelingJob`: ``checkpoint``,
            ``score_thr``, ``max_per_image``, ``device``, ``overwrite``,
            ``store``.

    Returns:
        LabelingJob: The job.

    Raises:
        ValueError: If the config cannot be used for labeling.
    """
    config = load_config(config_file, cfg_options)
    check_purpose(config, config_file, 'label')
    set_depth_clip(config.model, depth_clip)
    dataloader = folder_dataloader(config.test_dataloader, images, ann_file)
    if recursive:
        dataloader['dataset']['recursive'] = True
    return LabelingJob(
        config.model,
        dataloader,
        out_dir,
        imports=tuple((config.get('custom_imports') or {}).get('imports', ())),
        **settings,
    )
