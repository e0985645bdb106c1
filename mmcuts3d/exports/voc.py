"""Pascal VOC: boxes as XML, instances as palette PNG."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar
from xml.etree import ElementTree

import numpy as np
import numpy.typing as npt
from PIL import Image

from .contract import (
    ExportedImage,
    ExportFormat,
    OneNameEach,
    ranked,
    stem_of,
)

MOST = 254  # instances of an image: 0 is the background, 255 the border


class PascalVoc(ExportFormat):
    """The folders of VOC2012 with ``Annotations`` and ``Segmentation*``.

    VOC has no sub-folders: ``a/b.jpg`` becomes ``a__b.jpg``.
    """

    name: ClassVar[str] = 'voc'
    tools: ClassVar[str] = "Pascal VOC's readers: torchvision, supervision"
    lost: ClassVar[tuple[str, ...]] = (
        'scores',
        'confidence maps',
        'overlaps: a pixel is of the mask with the highest score',
    )
    needs_images: ClassVar[bool] = True

    def __init__(self, folder: Path, images: Path | None = None) -> None:
        super().__init__(folder, images)
        self._names = OneNameEach('names before the suffix')
        self._stems: list[str] = []

    def add(self, image: ExportedImage) -> None:
        """Write what belongs to one image."""
        if len(image.instances) > MOST:
            raise ValueError(
                f'Expected at most {MOST} masks in an image of Pascal VOC, '
                f'but got {len(image.instances)} in {image.file_name}.'
            )
        stem = stem_of(image.file_name).replace('/', '__')
        stem = self._names.take(stem, image.file_name)
        self._stems.append(stem)
        flat = stem + Path(image.file_name).suffix
        self.place_image(image, 'JPEGImages', flat)
        ids = np.zeros((image.height, image.width), np.uint8)
        order = list(ranked(image.instances))
        for number, one in enumerate(order):
            ids[one.mask] = len(order) - number  # 1 is the surest
        self._save(ids, 'SegmentationObject', stem)
        self._save((ids > 0).astype(np.uint8), 'SegmentationClass', stem)
        self._write_boxes(image, flat, stem)

    def _save(self, ids: npt.NDArray[np.uint8], top: str, stem: str) -> None:
        picture = Image.fromarray(ids)
        picture.putpalette(voc_palette().ravel().tolist())  # mode P
        picture.save(self.path(top, f'{stem}.png'))

    def _write_boxes(self, image: ExportedImage, flat: str, stem: str) -> None:
        root = ElementTree.Element('annotation')

        def put(parent: ElementTree.Element, name: str, text: object) -> None:
            ElementTree.SubElement(parent, name).text = str(text)

        put(root, 'folder', 'JPEGImages')
        put(root, 'filename', flat)
        size = ElementTree.SubElement(root, 'size')
        for name, text in (
            ('width', image.width),
            ('height', image.height),
            ('depth', 3),
        ):
            put(size, name, text)
        put(root, 'segmented', 1)
        for one in reversed(list(ranked(image.instances))):
            item = ElementTree.SubElement(root, 'object')
            put(item, 'name', self.categories[0])
            put(item, 'pose', 'Unspecified')
            put(item, 'truncated', 0)
            put(item, 'difficult', 0)
            box = ElementTree.SubElement(item, 'bndbox')
            left, top, right, bottom = one.corners
            # VOC counts pixels from 1, and the last one belongs to the box.
            for name, text in zip(
                ('xmin', 'ymin', 'xmax', 'ymax'),
                (left + 1, top + 1, right, bottom),
                strict=True,
            ):
                put(box, name, text)
        ElementTree.indent(root)
        ElementTree.ElementTree(root).write(
            self.path('Annotations', f'{stem}.xml'), encoding='utf-8'
        )

    def finish(self) -> None:
        """Write what belongs to all of them."""
        text = ''.join(f'{stem}\n' for stem in self._stems)
        for task in ('Main', 'Segmentation'):
            path = self.path(f'ImageSets/{task}', 'train.txt')
            path.write_text(text, encoding='utf-8')
        path = self.path('', 'labelmap.txt')
        rows = ['# label:color_rgb:parts:actions', 'background:0,0,0::']
        for number, name in enumerate(self.categories, 1):
            colour = ','.join(map(str, voc_palette()[number]))
            rows.append(f'{name}:{colour}::')
        path.write_text('\n'.join(rows) + '\n', encoding='utf-8')


def voc_palette() -> npt.NDArray[np.uint8]:
    """(256, 3) uint8: the colours of VOC, bits of the index spread out."""
    index = np.arange(256)
    colours = np.zeros((256, 3), np.uint8)
    for bit in range(8):
        for channel in range(3):
            colours[:, channel] |= (
                ((index >> channel) & 1) << (7 - bit)
            ).astype(np.uint8)
        index >>= 3
    return colours
