"""Tasks with pre-annotations for Label Studio."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

from mmcuts3d.files.whole_files import write_json

from .contract import ExportedImage, ExportFormat, rounded
from .rle_pack import pack_mask

#: Where Label Studio looks for files below LOCAL_FILES_DOCUMENT_ROOT.
LOCAL = '/data/local-files/?d='
CONFIG = """<View>
  <Image name="image" value="$image" zoom="true"/>
  <BrushLabels name="tag" toName="image">
{labels}
  </BrushLabels>
</View>
"""


class LabelStudio(ExportFormat):
    """``tasks.json`` with a prediction an image, and ``config.xml``.

    Images are found as local files: set LOCAL_FILES_SERVING_ENABLED=true and
    LOCAL_FILES_DOCUMENT_ROOT to the parent of the image folder, and add the
    folder as a local storage of the project. The score of a prediction is the
    mean of its masks; each mask has its own too.
    """

    name: ClassVar[str] = 'label_studio'
    tools: ClassVar[str] = 'Label Studio (brush pre-annotations)'
    lost: ClassVar[tuple[str, ...]] = ('confidence maps',)

    def __init__(self, folder: Path, images: Path | None = None) -> None:
        super().__init__(folder, images)
        top = '' if images is None else images.resolve().name + '/'
        self._address = LOCAL + quote(top)
        self._tasks: list[dict[str, Any]] = []

    def add(self, image: ExportedImage) -> None:
        """Write what belongs to one image."""
        scores = [one.score for one in image.instances]
        self._tasks.append(
            {
                'data': {'image': self._address + quote(image.file_name)},
                'predictions': [
                    {
                        'model_version': 'mmcuts3d',
                        'score': rounded(sum(scores) / max(len(scores), 1)),
                        'result': list(self._results(image)),
                    }
                ],
            }
        )

    def _results(self, image: ExportedImage) -> Iterator[dict[str, Any]]:
        for number, one in enumerate(image.instances):
            name = f'{image.file_name}/{number}'.encode()
            yield {
                'id': hashlib.sha256(name).hexdigest()[:10],
                'type': 'brushlabels',
                'from_name': 'tag',
                'to_name': 'image',
                'origin': 'prediction',
                'original_width': image.width,
                'original_height': image.height,
                'image_rotation': 0,
                'score': rounded(one.score),
                'value': {
                    'format': 'rle',
                    'rle': pack_mask(one.mask),
                    'brushlabels': [self.categories[0]],
                },
            }

    def finish(self) -> None:
        """Write what belongs to all of them."""
        write_json(self.path('', 'tasks.json'), self._tasks)
        labels = '\n'.join(
            f'    <Label value="{name}"/>' for name in self.categories
        )
        path = self.path('', 'config.xml')
        path.write_text(CONFIG.format(labels=labels), encoding='utf-8')
