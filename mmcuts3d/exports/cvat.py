"""CVAT for images 1.1: masks in XML."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar
from xml.etree import ElementTree

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from .contract import ExportedImage, ExportFormat, rounded

VERSION = '1.1'
EIGHT = np.ones((3, 3))


class CvatImages(ExportFormat):
    """``annotations.xml``, to upload to a task that has the images.

    With the folder of the images they stand in ``images/``, as in CVAT's own
    exports.

    CVAT's importer takes one connected part a ``<mask>`` only; the parts of
    an instance share its ``group_id``. The task needs the label 'object'; its
    attribute ``score``, a number, is kept where the label defines it.
    """

    name: ClassVar[str] = 'cvat'
    tools: ClassVar[str] = 'CVAT ("CVAT for images 1.1"), datumaro'
    lost: ClassVar[tuple[str, ...]] = (
        'confidence maps',
        'masks of several parts become groups',
    )

    def __init__(self, folder: Path, images: Path | None = None) -> None:
        super().__init__(folder, images)
        self._root = ElementTree.Element('annotations')
        ElementTree.SubElement(self._root, 'version').text = VERSION
        self._write_labels()
        self._count = 0

    def _write_labels(self) -> None:
        meta = ElementTree.SubElement(self._root, 'meta')
        task = ElementTree.SubElement(meta, 'task')
        labels = ElementTree.SubElement(task, 'labels')
        for name in self.categories:
            label = ElementTree.SubElement(labels, 'label')
            ElementTree.SubElement(label, 'name').text = name
            attributes = ElementTree.SubElement(label, 'attributes')
            score = ElementTree.SubElement(attributes, 'attribute')
            for key, text in (
                ('name', 'score'),
                ('mutable', 'False'),
                ('input_type', 'number'),
                ('default_value', '1'),
                ('values', '0;1;0.01'),
            ):
                ElementTree.SubElement(score, key).text = text

    def add(self, image: ExportedImage) -> None:
        """Write what belongs to one image."""
        if self.images is not None:
            self.place_image(image, 'images')
        row = ElementTree.SubElement(
            self._root,
            'image',
            id=str(self._count),
            name=image.file_name,
            width=str(image.width),
            height=str(image.height),
        )
        self._count += 1
        for number, one in enumerate(image.instances, 1):
            parts = list(connected_parts(one.mask))
            for left, top, crop in parts:
                mask = ElementTree.SubElement(
                    row,
                    'mask',
                    label=self.categories[0],
                    source='mmcuts3d',
                    occluded='0',
                    rle=', '.join(map(str, row_runs(crop))),
                    left=str(left),
                    top=str(top),
                    width=str(crop.shape[1]),
                    height=str(crop.shape[0]),
                    z_order='0',
                )
                if len(parts) > 1:
                    mask.set('group_id', str(number))
                score = ElementTree.SubElement(mask, 'attribute', name='score')
                score.text = str(rounded(one.score))

    def finish(self) -> None:
        """Write what belongs to all of them."""
        ElementTree.indent(self._root)
        ElementTree.ElementTree(self._root).write(
            self.path('', 'annotations.xml'),
            encoding='utf-8',
            xml_declaration=True,
        )


def connected_parts(
    mask: npt.NDArray[np.bool_],
) -> Iterator[tuple[int, int, npt.NDArray[np.bool_]]]:
    """Left, top and crop (h, w) of each 8-connected part of a mask."""
    labels, _ = ndimage.label(mask, EIGHT)
    for number, (rows, columns) in enumerate(ndimage.find_objects(labels), 1):
        yield columns.start, rows.start, labels[rows, columns] == number


def row_runs(mask: npt.NDArray[np.bool_]) -> list[int]:
    """Run lengths of a mask row by row, the first of zeros (perhaps 0)."""
    flat = np.concatenate([[False], mask.ravel()])
    changes = np.flatnonzero(flat[1:] != flat[:-1])
    ends = np.concatenate([changes, [mask.size]])
    return [int(run) for run in np.diff(ends, prepend=0)]
