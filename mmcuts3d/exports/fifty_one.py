"""A data set on disk for FiftyOne, masks and confidence by path."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from PIL import Image

from mmcuts3d.files.whole_files import write_json

from .contract import ExportedImage, ExportFormat, rounded

MASKS = 'pseudo_masks'
CONFIDENCE = 'spatial_confidence'


class FiftyOne(ExportFormat):
    """``samples.json`` with images, masks and heatmaps as files beside it.

    Loaded by ``fiftyone.Dataset.from_dir(FOLDER,
    fiftyone.types.LegacyFiftyOneDataset)``. ``pseudo_masks`` are Detections
    with a mask each, ``spatial_confidence`` is a Heatmap, where the labels
    have confidence: at each pixel that of the surest mask there.
    """

    name: ClassVar[str] = 'fiftyone'
    tools: ClassVar[str] = 'FiftyOne'
    lost: ClassVar[tuple[str, ...]] = (
        'confidence maps of single masks: an image has one heatmap',
    )
    needs_images: ClassVar[bool] = True

    def __init__(self, folder: Path, images: Path | None = None) -> None:
        super().__init__(folder, images)
        self._samples: list[dict[str, Any]] = []

    def add(self, image: ExportedImage) -> None:
        """Write what belongs to one image."""
        placed = self.place_image(image, 'data')
        # The suffix stays: a.jpg and a.png are two images.
        rows = []
        for number, one in enumerate(image.instances):
            left, top, right, bottom = one.corners
            path = self.path(
                f'fields/{MASKS}.detections', f'{image.file_name}/{number}.png'
            )
            crop = one.mask[top:bottom, left:right]
            Image.fromarray(crop.astype(np.uint8) * 255).save(path)
            rows.append(
                {
                    '_cls': 'Detection',
                    'label': self.categories[0],
                    'bounding_box': [
                        left / image.width,
                        top / image.height,
                        (right - left) / image.width,
                        (bottom - top) / image.height,
                    ],
                    'mask_path': path.relative_to(self.folder).as_posix(),
                    'confidence': rounded(one.score),
                    'tags': [],
                }
            )
        sample: dict[str, Any] = {
            'filepath': placed.relative_to(self.folder).as_posix(),
            'tags': [],
            MASKS: {'_cls': 'Detections', 'detections': rows},
        }
        heat = heatmap(image)
        if heat is not None:
            path = self.path(f'fields/{CONFIDENCE}', f'{image.file_name}.png')
            Image.fromarray(heat).save(path)
            sample[CONFIDENCE] = {
                '_cls': 'Heatmap',
                'map_path': path.relative_to(self.folder).as_posix(),
                'tags': [],
            }
        self._samples.append(sample)

    def finish(self) -> None:
        """Write what belongs to all of them."""
        write_json(
            self.path('', 'metadata.json'),
            {'media_type': 'image', 'info': {'labels': 'mmcuts3d'}},
        )
        write_json(self.path('', 'samples.json'), {'samples': self._samples})


def heatmap(image: ExportedImage) -> npt.NDArray[np.uint8] | None:
    """(H, W), uint8, 255 being a confidence of 1; None without any."""
    maps = [one.confidence_map() for one in image.instances]
    known = [one for one in maps if one is not None]
    if not known:
        return None
    return np.asarray(np.rint(np.max(known, axis=0) * 255), np.uint8)
