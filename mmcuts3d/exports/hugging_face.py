"""A folder that Hugging Face's `datasets` loads as a data set of images."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from pycocotools import mask as coco_mask

from mmcuts3d.labels import encode_confidence

from .contract import ExportedImage, ExportFormat, rounded


class HuggingFace(ExportFormat):
    """``metadata.jsonl`` beside the images, for ``load_dataset(imagefolder)``.

    A row has ``objects``: lists of ``bbox`` (x, y, width, height), ``area``,
    ``category``, ``score``, ``segmentation`` (COCO's run-length code as
    ``size`` and ``counts``) and ``confidence`` (see ``decode_confidence``;
    null where there is none).
    """

    name: ClassVar[str] = 'huggingface'
    tools: ClassVar[str] = (
        "Hugging Face datasets (load_dataset('imagefolder'))"
    )
    lost: ClassVar[tuple[str, ...]] = ()
    needs_images: ClassVar[bool] = True

    def __init__(self, folder: Path, images: Path | None = None) -> None:
        super().__init__(folder, images)
        self._metadata = self.path('train', 'metadata.jsonl')
        self._metadata.touch()

    def add(self, image: ExportedImage) -> None:
        """Write what belongs to one image."""
        self.place_image(image, 'train')
        # A list an attribute, which is what data sets of boxes have there.
        objects: dict[str, list[Any]] = {
            key: []
            for key in (
                *('bbox', 'area', 'category', 'score'),
                *('segmentation', 'confidence'),
            )
        }
        for one in image.instances:
            code = coco_mask.encode(np.asfortranarray(one.mask, np.uint8))
            left, top, right, bottom = one.corners
            box = [left, top, right - left, bottom - top]
            row = {
                'bbox': [float(side) for side in box],
                'area': int(one.mask.sum()),
                'category': 0,
                'score': rounded(one.score),
                'segmentation': {
                    'size': [image.height, image.width],
                    'counts': code['counts'].decode('ascii'),
                },
                'confidence': None
                if one.confidence is None
                else encode_confidence(one.confidence),
            }
            for key, value in row.items():
                objects[key].append(value)
        entry = {
            'file_name': image.file_name,
            'width': image.width,
            'height': image.height,
            'objects': objects,
        }
        with self._metadata.open('a', encoding='utf-8') as file:
            file.write(json.dumps(entry) + '\n')

    def finish(self) -> None:
        """Write what belongs to all of them."""
        # Each row was written with its image.
