"""A calibration: a labeler's config, a folder of images, settings to try."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from mmdet.structures import DetDataSample
from mmengine.config import Config
from mmengine.registry import DATASETS
from torch import Tensor, nn

from mmcuts3d.evaluation import load_ground_truth
from mmcuts3d.files import shown
from mmcuts3d.models.features import features_config, reader_config
from mmcuts3d.models.features.frozen_vit import Kind

from ..config_kinds import check_purpose, is_labeler
from ..executors.progress import LabelingProgress
from ..labeling.dataloaders import folder_dataloader, subset_dataloader
from ..labeling.fingerprint import labeling_fingerprint
from ..labeling.models import build_model
from ..processes import check_device
from .candidates import Search, Tau, make_search
from .cutting import ImageCutter
from .notes import Notes
from .rows import Row, make_rows


@dataclass(frozen=True)
class Calibration:
    """What a calibration found out.

    Attributes:
        rows (list[Row]): All settings, the best first.
        num_images (int): Images that were cut.
        failed (dict[str, str]): Why others were not, by file name.
        labeled (bool): Whether rows are sorted by AP, not by stability.
    """

    rows: list[Row]
    num_images: int
    failed: dict[str, str]
    labeled: bool


@dataclass
class CalibrationJob:
    """Tries layers, kinds and thresholds on images of a folder.

    Everything that can be wrong with the settings is found when the job is
    made, before weights are loaded.

    Args:
        config (Config): Of a labeler, see
            :func:`~mmcuts3d.engine.config.load_config`.
        config_file (str or Path): Its file, for messages.
        images (str or Path): Folder of images, or another input that
            :func:`~mmcuts3d.datasets.image_source` knows.
        annotations (str or Path, optional): COCO file with true instances of
            images of the folder: only these are cut, and settings are
            compared by AP. Defaults to None: by stability.
        layers (Sequence[int], optional): See
            :func:`~.candidates.make_search`. Defaults to None.
        kinds (Sequence[str], optional): See there. Defaults to None.
        taus (Sequence, optional): See there. Defaults to None.
        limit (int): Number of images at most, spread evenly over the sorted
            folder. Defaults to 50.
        backbone (str, optional): A name of
            ``mmcuts3d.models.features.BACKBONES``, whose features take the
            place of the config's. Defaults to None.
        device (str, optional): Where networks run. Defaults to None: the GPU
            of this process, if any.

    Raises:
        ValueError: If the config is no labeler's, a setting is not known or
            out of range, there are no images, or the annotations are of
            other images.
    """

    config: Config
    config_file: str | Path
    images: str | Path
    annotations: str | Path | None = None
    layers: Sequence[int] | None = None
    kinds: Sequence[Kind] | None = None
    taus: Sequence[Tau] | None = None
    limit: int = 50
    backbone: str | None = None
    device: str | None = None
    search: Search = field(init=False)
    features: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        check_purpose(self.config, self.config_file, 'label')
        model = self.config.model
        if not is_labeler(model):
            raise ValueError(
                f'Expected {self.config_file} to be the config of a labeler '
                '(configs/cuts3d, configs/maskcut), but got one of '
                f'{model["type"]}, which cuts nothing'
            )
        if self.limit < 1:
            raise ValueError(
                'Expected argument `limit` to be at least 1, but got '
                f'{self.limit}'
            )
        check_device(self.device)
        if not isinstance(model.get('features'), dict):
            raise ValueError(
                f'Expected {self.config_file} to have a dict as '
                f'`model.features`, but got {model.get("features")!r}'
            )
        self.features = dict(model['features'])
        if self.backbone is not None:
            self.features = features_config(self.backbone)
        self.search = make_search(
            self.features, self.layers, self.kinds, self.taus
        )
        self._images: list[dict[str, Any]] = []
        self._truth: list[dict[str, Any]] = []
        if self.annotations is not None:
            self._images, self._truth = load_ground_truth(
                self.annotations, self.images
            )
            if not self._truth:
                raise ValueError(
                    f'Expected {shown(self.annotations)} to hold true '
                    'instances, but got none'
                )
        self._dataloader = folder_dataloader(
            self.config.test_dataloader, self.images, self.annotations
        )
        # Images fail one by one only where they are taken one by one.
        self._dataloader['batch_size'] = 1
        self._dataset = DATASETS.build(self._dataloader['dataset'])
        present = self._present()
        self.num_absent = len(self._dataset) - len(present)
        self.indices = [present[i] for i in spread(len(present), self.limit)]

    @property
    def summary(self) -> str:
        """What will be done, in one line."""
        number = len(self.search.taus)
        places = len(self.search.places)
        what = f'{number} thresholds'
        if places:
            what += f' on each of {places} layers and kinds'
        else:
            kind = str(self.features['type']).rpartition('.')[2]
            what += f' ({kind} has no layers and kinds to choose from)'
        total = len(self._dataset) - self.num_absent
        absent = ''
        if self.num_absent:
            absent = f' ({self.num_absent} more of the annotations are absent)'
        return f'{len(self.indices)} of {total} images{absent}: {what}'

    @property
    def fingerprint(self) -> str:
        """Stands for everything the outcome of an image depends on."""
        model = {**self.config.model, 'features': self.features}
        dataset = self._dataloader['dataset']
        settings = [*self.search.named, self.search.taus]
        with_masks = self.annotations is not None
        return labeling_fingerprint(model, dataset, settings, with_masks)

    def __call__(self, out: str | Path | None = None) -> Calibration:
        """Cut the images, and compare the settings.

        Args:
            out (str or Path, optional): A folder in which each image is noted
                when it is done, so that a call that was stopped goes on.
                Defaults to None: nothing is noted.

        Returns:
            Calibration: What was found out.

        Raises:
            ValueError: If weights cannot be had, or no image could be cut.
        """
        noted = Notes(out, self.fingerprint)
        left = [index for index in self.indices if index not in noted]
        if left:
            self._cut(left, noted)
        outcomes = [
            outcome
            for index in self.indices
            if (outcome := noted.outcome(index)) is not None
        ]
        failed = {
            self._info(index)['file_name']: noted.error(index)
            for index in self.indices
            if noted.outcome(index) is None
        }
        if not outcomes:
            name, reason = next(iter(failed.items()))
            raise ValueError(
                f'Expected an image of {shown(self.images)} that can be cut, '
                f'but got {len(failed)} that cannot, such as {shown(name)}: '
                f'{reason}'
            )
        images, truth = self._known(noted)
        return Calibration(
            make_rows(self.search.candidates, outcomes, images, truth),
            len(outcomes),
            failed,
            self.annotations is not None,
        )

    def _present(self) -> list[int]:
        """Images that are there, of those that the annotations list."""
        indices = list(range(len(self._dataset)))
        if self.annotations is None or not Path(self.images).is_dir():
            return indices
        found = [
            i for i in indices if Path(self._info(i)['img_path']).exists()
        ]
        if not found:
            name = self._info(0)['file_name']
            raise ValueError(
                f'Expected {shown(self.annotations)} to list images of '
                f'{shown(self.images)}, but got {len(indices)} of which none '
                f'is there, such as {shown(name)}'
            )
        return found

    def _info(self, index: int) -> dict[str, Any]:
        info: dict[str, Any] = self._dataset.get_data_info(index)
        return info

    def _known(
        self, noted: 'Notes'
    ) -> tuple[list[dict[str, Any]] | None, list[dict[str, Any]]]:
        """Images that were cut and their true instances, where known."""
        if self.annotations is None:
            return None, []
        ids = {
            self._info(index)['img_id']
            for index in self.indices
            if noted.outcome(index) is not None
        }
        images = [image for image in self._images if image['id'] in ids]
        return images, [row for row in self._truth if row['image_id'] in ids]

    def _cut(self, indices: Sequence[int], noted: 'Notes') -> None:
        labeler = self._build()
        cutter = ImageCutter(
            labeler, self.search, self.annotations is not None
        )
        batches = subset_dataloader(self._dataloader, self._dataset, indices)
        total = len(indices)
        with LabelingProgress(total, doing='calibrating') as progress:
            for index, data in zip(indices, batches, strict=True):
                image, sample = _prepared(labeler, data)
                try:
                    if sample.get('error') is not None:
                        raise ValueError(sample.error)
                    noted.append(index, cutter(image, sample))
                except ValueError as error:
                    # Some errors come without words.
                    noted.append(index, str(error) or repr(error))
                progress.update(1)

    def _build(self) -> nn.Module:
        features = self.features
        if self.search.places:
            features = reader_config(features, self.search.places)
        model = {**self.config.model, 'features': features}
        # Cut together they would be kept as tensors.
        model.pop('batched', None)
        return build_model(model, device=self.device).eval()


def spread(count: int, limit: int) -> list[int]:
    """Indices of at most so many of some images, spread evenly.

    Args:
        count (int): Number of images.
        limit (int): Most that are taken.

    Returns:
        list[int]: Rising; all where there are no more than ``limit``.
    """
    if count <= limit:
        return list(range(count))
    return [int(i) for i in (np.arange(limit) + 0.5) * count / limit]


def _prepared(
    labeler: nn.Module, data: dict[str, Any]
) -> tuple[Tensor, DetDataSample]:
    """The image of a batch of one, (3, H, W) RGB, without its padding."""
    data = labeler.data_preprocessor(data, False)
    (sample,) = data['data_samples']
    height, width = sample.img_shape[:2]
    return data['inputs'][0, :, :height, :width], sample
