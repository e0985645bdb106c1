"""Rows of COCO files as the rest of the package sees them: checked, typed."""

from dataclasses import dataclass, field
from typing import Any

from pycocotools import mask as coco_mask

from .run_lengths import RunLength


@dataclass
class CocoImage:
    """An image of a COCO file.

    Attributes:
        id (int): Its id; a number that was made for it where the file has
            names for ids.
        file_name (str): Its path relative to the image folder, with forward
            slashes; '' where the file has none.
        height (int): Height in pixels; 0 where nobody knows.
        width (int): Width in pixels; 0 where nobody knows.
        original_id (Any): The id as it stands in the file.
        extra (dict): All other keys of the row, as they stand there.
    """

    id: int
    file_name: str
    height: int
    width: int
    original_id: Any
    extra: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The row as pycocotools takes it.

        Returns:
            dict: ``id``, ``file_name``, ``height``, ``width`` and, where the
            file has names for ids, the name as ``original_id``.
        """
        row: dict[str, Any] = {
            'id': self.id,
            'file_name': self.file_name,
            'height': self.height,
            'width': self.width,
        }
        if self.original_id != self.id:
            row['original_id'] = self.original_id
        return row


@dataclass
class CocoAnnotation:
    """One instance, true or predicted, of an image in a COCO file.

    Attributes:
        place (str): How messages call it: 'annotation 7', or by its row where
            it has no id.
        image_id (int): Id of its image.
        bbox (list[float]): x, y, width, height in pixels, with an area.
        area (float): Area in pixels, above 0: as the file states it, else
            that of the mask, else that of the box.
        segmentation (RunLength, optional): Its mask, with at least one pixel.
            Defaults to None: it has none.
        is_crowd (bool): Whether it stands for many. Defaults to False.
        category_id (Any): Its category: a whole number, or what else the file
            has. Defaults to None: the file has none.
        score (float, optional): Its score. Defaults to None: the file has
            none.
        extra (dict): All other keys of the row, as they stand there.
    """

    place: str
    image_id: int
    bbox: list[float]
    area: float
    segmentation: RunLength | None = None
    is_crowd: bool = False
    category_id: Any = None
    score: float | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of_mask(
        cls,
        code: RunLength,
        image_id: int,
        category_id: int,
        score: float | None = None,
    ) -> 'CocoAnnotation':
        """The row of a mask that was made here.

        Args:
            code (RunLength): Its run-length code.
            image_id (int): Id of its image.
            category_id (int): Its category.
            score (float, optional): Its score. Defaults to None: none.

        Returns:
            CocoAnnotation: With the mask's box and area.
        """
        return cls(
            place=f'a mask of image {image_id}',
            image_id=image_id,
            bbox=[float(side) for side in coco_mask.toBbox(code)],
            area=int(coco_mask.area(code)),
            segmentation=code,
            category_id=category_id,
            score=score,
        )

    def to_dict(self) -> dict[str, Any]:
        """The row as pycocotools takes it.

        Returns:
            dict: ``image_id``, ``bbox``, ``area``, ``iscrowd`` and, where
            they are known, ``segmentation``, ``category_id`` and ``score``.
        """
        row: dict[str, Any] = {
            'image_id': self.image_id,
            'bbox': self.bbox,
            'area': self.area,
            'iscrowd': int(self.is_crowd),
        }
        for key in ('segmentation', 'category_id', 'score'):
            value = getattr(self, key)
            if value is not None:
                row[key] = value
        return row
