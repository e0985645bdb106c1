"""The embedded scenes of the demo, and labels of them that are made here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mmcuts3d.engine.config import load_config
from mmcuts3d.labels import ImageRecord, build_labels, write_json
from mmcuts3d.registry import DATASETS

ROOT = Path(__file__).resolve().parents[2]
DEMO = (
    ROOT / 'configs' / 'cuts3d' / 'cascade-mask-rcnn_r18_fpn_cuts3d_1xb2-'
    'demo_rgbd-scenes.py'
)


def write_scenes(folder: Path) -> Path:
    """Write the demo's training scenes; the file of their true masks."""
    scenes = dict(load_config(DEMO).train_cfg.labels.dataloader.dataset)
    scenes['data_root'] = str(folder)
    DATASETS.build({**scenes, 'pipeline': []})  # writes them
    return folder / 'instances.json'


def write_rows(
    images: list[dict[str, Any]], rows: dict[int, list[Any]], out: Path
) -> None:
    """Write labels.

    Args:
        images: As COCO files have them.
        rows: Annotations by the id of their image.
        out: The file.
    """
    records = [
        ImageRecord(
            image['file_name'],
            image['height'],
            image['width'],
            image['id'],
            rows.get(image['id'], []),
        )
        for image in images
    ]
    write_json(out, build_labels(records))
