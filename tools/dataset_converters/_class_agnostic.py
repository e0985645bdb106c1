"""An evaluation set with one category, while its original is read.

The file has one category ``object``, the class that the original gives each
annotation as ``original_category_id``, all of them in
``original_categories``, and in ``info`` what was counted and dropped.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pycocotools import mask as coco_mask

from mmcuts3d.labels import CATEGORY_ID, CATEGORY_NAME
from mmcuts3d.labels.coco import (
    check_polygons,
    check_run_length,
    clean_name,
    is_plain,
    read_segmentation,
    segmentation_to_rle,
    whole_number,
)

#: What may become of what the original marks as not to be measured.
IGNORED = ('crowd', 'object', 'drop')


@dataclass
class ClassAgnosticSet:
    """An evaluation set while its original is read.

    Args:
        name (str): What the set is called in messages.
        categories (Iterable[Mapping]): The original's categories, ``id`` and
            ``name``.
        masks (bool): Whether annotations have masks. Defaults to False:
            boxes only.
        ignored (str): What becomes of annotations that the original marks as
            not to be measured: 'crowd' (COCO's word: a prediction that
            matches one counts neither for nor against), 'object' (one as
            any other), 'drop'. Defaults to 'crowd'.

    Attributes:
        read (Counter): What the original lists: ``images``, ``annotations``
            and, of these, ``ignored``.
        dropped (Counter): Reason to number of annotations, or of parts of
            them, that are left out.
    """

    name: str
    categories: Iterable[Mapping[str, Any]]
    masks: bool = False
    ignored: str = 'crowd'
    images: dict[int, dict] = field(default_factory=dict)
    annotations: list[dict] = field(default_factory=list)
    read: Counter = field(default_factory=Counter)
    dropped: Counter = field(default_factory=Counter)

    def __post_init__(self) -> None:
        if self.ignored not in IGNORED:
            raise ValueError(
                f'Expected argument `ignored` to be one of {list(IGNORED)}, '
                f'but got {self.ignored!r}.'
            )
        try:
            self.categories = [
                {
                    'id': whole_number(row['id'], '`id`'),
                    'name': str(row['name']),
                }
                for row in self.categories
            ]
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(
                f'Expected the categories of {self.name} to have `id` and '
                f'`name`, but got: {error!r}'
            ) from error
        self._category_ids = {row['id'] for row in self.categories}
        self._file_names: set[str] = set()
        if len(self._category_ids) < len(self.categories):
            raise ValueError(
                f'Expected {self.name} to have categories with different '
                'ids, but got one twice.'
            )

    def add_image(
        self,
        image_id: int,
        file_name: str,
        size: tuple[int, int],
        place: str,
        **extra: Any,
    ) -> None:
        """Take an image in.

        Args:
            image_id (int): Its id.
            file_name (str): Its path, relative to the image folder.
            size (tuple[int, int]): Height and width in pixels.
            place (str): Where the original names it, for messages.
            **extra: Further keys that are kept.

        Raises:
            ValueError: If the id is no integer, the file name leads out of
                the image folder, id or file name are there already, or the
                size is not positive.
        """
        self.read['images'] += 1
        image_id = whole_number(image_id, f'the `id` of {place}')
        file_name = clean_name(file_name, place)
        if not is_plain(file_name):
            raise ValueError(
                f'Expected the `file_name` of {place} to be relative to the '
                f'image folder, but got {file_name!r:.60}.'
            )
        if image_id in self.images or file_name in self._file_names:
            raise ValueError(
                f'Expected {place} to name each image once, but got '
                f'{file_name} (id {image_id}) a second time.'
            )
        height, width = (
            whole_number(side, f'the size of {place}') for side in size
        )
        if height < 1 or width < 1:
            raise ValueError(
                f'Expected {place} to give {file_name} a size, but got '
                f'{height} x {width}.'
            )
        self._file_names.add(file_name)
        self.images[image_id] = {
            'id': image_id,
            'file_name': file_name,
            'height': height,
            'width': width,
            **extra,
        }

    def add(
        self,
        image_id: int,
        category_id: int,
        bbox: Iterable[float],
        place: str,
        segmentation: Any = None,
        area: float | None = None,
        ignored: str | None = None,
    ) -> None:
        """Take an annotation in, or note why it is left out.

        Args:
            image_id (int): Id of its image, which has been added.
            category_id (int): Its original category.
            bbox (Iterable[float]): x, y, width, height in pixels; one that is
                none is replaced by the bounds of the mask.
            place (str): Where the original has it, for messages.
            segmentation (Any, optional): Polygons or run-length code; not
                looked at in a set without masks. Defaults to None.
            area (float, optional): Area as the original states it. Defaults
                to None: that of the box.
            ignored (str, optional): Why the original does not want it
                measured, e.g. 'difficult'. Defaults to None: it does.

        Raises:
            ValueError: If image or category are unknown, or box or mask are
                none; names the place.
        """
        self._check_ids(image_id, category_id, place)
        self.read['annotations'] += 1
        self.read['ignored'] += ignored is not None
        if ignored is not None and self.ignored == 'drop':
            self.dropped[ignored] += 1
            return
        try:
            box = _numbers(bbox, 4, f'the box of {place}')
        except ValueError:
            box = self._bounds(segmentation, image_id, place)
            if any(box):
                self.dropped['broken box, the bounds of the mask taken'] += 1
            elif bbox or not self.masks:
                raise
        if box[2] <= 0 or box[3] <= 0:
            self.dropped['box without area'] += 1
            return
        row = {
            'id': len(self.annotations) + 1,
            'image_id': image_id,
            'category_id': CATEGORY_ID,
            'original_category_id': category_id,
            'bbox': box,
            'area': box[2] * box[3],
            'iscrowd': int(ignored is not None and self.ignored == 'crowd'),
        }
        if self.masks:
            row['segmentation'] = self._mask(segmentation, image_id, place)
            if not row['segmentation']:
                self.dropped['no mask'] += 1
                return
        if area is not None:
            stated = _numbers([area], 1, f'the area of {place}')[0]
            row['area'] = stated if stated > 0 else row['area']
        self.annotations.append(row)

    def _check_ids(self, image_id: int, category_id: int, place: str) -> None:
        if image_id not in self.images:
            raise ValueError(
                f'Expected {place} to belong to an image of {self.name}, but '
                f'got image {image_id!r}.'
            )
        if category_id not in self._category_ids:
            raise ValueError(
                f'Expected {place} to have a category of {self.name}, but '
                f'got {category_id!r}.'
            )

    def _bounds(
        self, segmentation: Any, image_id: int, place: str
    ) -> list[float]:
        """Bounds of a mask, without area where it has no pixel."""
        image = self.images[image_id]
        if not self.masks:
            return [0.0] * 4
        try:
            code = read_segmentation(
                segmentation, image['height'], image['width']
            ).code
        except ValueError as error:
            raise ValueError(f'{place}: {error}') from error
        return coco_mask.toBbox(code).tolist() if code else [0.0] * 4

    def _mask(self, segmentation: Any, image_id: int, place: str) -> Any:
        """The mask as it is, without polygons that enclose nothing."""
        if not segmentation:
            return []
        image = self.images[image_id]
        try:
            if isinstance(segmentation, dict):
                check_run_length(segmentation, image['height'], image['width'])
                return segmentation
            if isinstance(segmentation, list) and isinstance(
                segmentation[0], dict
            ):
                return segmentation_to_rle(
                    segmentation, image['height'], image['width']
                )
            parts, fragments = check_polygons(segmentation)
        except ValueError as error:
            raise ValueError(f'{place}: {error}') from error
        if fragments:
            self.dropped['polygon of less than three points'] += fragments
        return parts

    def to_coco(self, published: Mapping[str, int]) -> dict:
        """The set as COCO's dict.

        Args:
            published (Mapping[str, int]): Kept in ``info``.

        Returns:
            dict: ``info``, ``images``, ``annotations``, ``categories``,
            ``original_categories``.
        """
        return {
            'info': {
                'description': f'{self.name}, class-agnostic',
                'read': dict(self.read),
                'published': dict(published),
                'dropped': dict(self.dropped),
                'ignored_annotations': self.ignored,
            },
            'images': list(self.images.values()),
            'annotations': self.annotations,
            'categories': [{'id': CATEGORY_ID, 'name': CATEGORY_NAME}],
            'original_categories': self.categories,
        }


def _numbers(values: Any, length: int | None, what: str) -> list[float]:
    """Finite numbers, of which there must be ``length``."""
    try:
        numbers = [float(value) for value in values]
    except (TypeError, ValueError) as error:
        raise ValueError(
            f'Expected {what} to be a list of numbers, but got {values!r:.60}.'
        ) from error
    if length not in (None, len(numbers)) or not all(
        map(math.isfinite, numbers)
    ):
        raise ValueError(
            f'Expected {what} to be {length or "some"} finite numbers, but '
            f'got {values!r:.60}.'
        )
    return numbers
