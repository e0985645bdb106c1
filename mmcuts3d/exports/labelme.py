"""Files that LabelMe opens, corrects and saves."""

from __future__ import annotations

import base64
import io
import json
import os
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from PIL import Image

from .contract import (
    ExportedImage,
    ExportedInstance,
    ExportFormat,
    OneNameEach,
    rounded,
    stem_of,
)

VERSION = '5.5.0'  # of LabelMe, whose form of masks this is


class LabelMe(ExportFormat):
    """A JSON file an image, with shapes of type 'mask': pixel by pixel.

    The image is not copied into the file; its path is relative to it, so that
    LabelMe opens the folder of labels as it stands. The score is in
    ``description``, and in ``group_id`` nothing.
    """

    name: ClassVar[str] = 'labelme'
    tools: ClassVar[str] = 'LabelMe 5.2 or later'
    lost: ClassVar[tuple[str, ...]] = ('confidence maps',)
    needs_images: ClassVar[bool] = True

    def __init__(self, folder: Path, images: Path | None = None) -> None:
        super().__init__(folder, images)
        self._names = OneNameEach('names before the suffix')

    def add(self, image: ExportedImage) -> None:
        """Write what belongs to one image."""
        stem = self._names.take(stem_of(image.file_name), image.file_name)
        placed = self.place_image(image, '')
        path = self.path('', f'{stem}.json')
        content: dict[str, Any] = {
            'version': VERSION,
            'flags': {},
            'shapes': [self._shape(one) for one in image.instances],
            'imagePath': os.path.relpath(placed, path.parent),
            'imageData': None,
            'imageHeight': image.height,
            'imageWidth': image.width,
        }
        path.write_text(json.dumps(content), encoding='utf-8')

    def _shape(self, one: ExportedInstance) -> dict[str, Any]:
        left, top, right, bottom = one.corners
        crop = one.mask[top:bottom, left:right]
        file = io.BytesIO()
        Image.fromarray(crop.astype(np.uint8)).save(file, format='PNG')
        return {
            'label': self.categories[0],
            # Corners of the crop, the last pixel included.
            'points': [[left, top], [right - 1, bottom - 1]],
            'group_id': None,
            'description': json.dumps({'score': rounded(one.score)}),
            'shape_type': 'mask',
            'flags': {},
            'mask': base64.b64encode(file.getvalue()).decode('ascii'),
        }

    def finish(self) -> None:
        """Write what belongs to all of them."""
        path = self.path('', 'labels.txt')  # labelme --labels labels.txt
        names = ['__ignore__', *self.categories]
        path.write_text('\n'.join(names) + '\n', encoding='utf-8')
