"""Segments as Ultralytics' YOLO reads them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import ClassVar

from .contract import ExportedImage, ExportFormat, OneNameEach, stem_of
from .polygons import one_ring


class YoloSegments(ExportFormat):
    """``images/``, ``labels/`` with a line a mask, and ``data.yaml``.

    A line is the class and one polygon, corners as shares of width and height.
    A mask of several parts is one polygon with lines between them, as
    Ultralytics joins the parts of COCO's. An image without masks has an empty
    file: background.
    """

    name: ClassVar[str] = 'yolo'
    tools: ClassVar[str] = 'Ultralytics YOLO segmentation, supervision'
    lost: ClassVar[tuple[str, ...]] = (
        'scores',
        'confidence maps',
        'gaps between the parts of a mask are bridged by a line',
    )
    needs_images: ClassVar[bool] = True

    def __init__(self, folder: Path, images: Path | None = None) -> None:
        super().__init__(folder, images)
        self._names = OneNameEach('names before the suffix')

    def add(self, image: ExportedImage) -> None:
        """Write what belongs to one image."""
        stem = self._names.take(stem_of(image.file_name), image.file_name)
        lines = []
        for one in image.instances:
            ring = one_ring(one.mask)
            if len(ring) < 3:  # a line of pixels: readers want three corners
                ring = ring[[0, *range(len(ring)), *[-1] * (3 - len(ring))]]
            # Ultralytics cuts the decimals off, supervision rounds: a quarter
            # of a pixel more gives both the same pixel.
            shares = (ring + 0.25) / [image.width, image.height]
            corners = ' '.join(f'{share:.6f}' for share in shares.ravel())
            lines.append(f'0 {corners}\n')
        path = self.path('labels', f'{stem}.txt')
        path.write_text(''.join(lines), encoding='utf-8')
        self.place_image(image, 'images')

    def finish(self) -> None:
        """Write what belongs to all of them."""
        # A YAML file may be JSON inside, which quotes names. Without `path`
        # Ultralytics takes the folder of the file.
        rows = [
            f'train: {json.dumps("images")}',
            f'val: {json.dumps("images")}',
            'names:',
            *(
                f'  {n}: {json.dumps(c)}'
                for n, c in enumerate(self.categories)
            ),
        ]
        path = self.path('', 'data.yaml')
        path.write_text('\n'.join(rows) + '\n', encoding='utf-8')
