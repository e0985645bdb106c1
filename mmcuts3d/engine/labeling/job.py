"""A labeling job: maps a shard of images to a shard of the label store.

It knows models, datasets and the store; it knows no launcher. Whoever runs
it calls :meth:`LabelingJob.plan` once, :meth:`LabelingJob.label` for each
shard, anywhere, and :meth:`LabelingJob.finish` once: see
:mod:`mmcuts3d.engine.executors`.
"""

import copy
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from mmengine.device import get_device
from mmengine.logging import print_log
from mmengine.model import is_model_wrapper
from mmengine.registry import (
    DATASETS,
    MODELS,
    DefaultScope,
    init_default_scope,
)
from mmengine.runner import load_checkpoint
from mmengine.utils import import_modules_from_strings
from torch import nn

from mmcuts3d.evaluation.metrics.dump_pseudo_labels import (
    name_in_store,
    prediction_record,
)
from mmcuts3d.labels import LabelWriter, finish_labels, share_out

from ..config_kinds import check_learned
from ..processes import check_device
from .dataloaders import image_root, subset_dataloader
from .fingerprint import labeling_fingerprint, weights_fingerprint
from .result import LabelingResult
from .shards import Shard


@dataclass
class LabelingJob:
    """Labels the images of a dataset with any detector.

    A labeler (CutS3D, MaskCut) and a trained detector are both models whose
    ``test_step`` fills ``pred_instances``. Images that the store has labels
    of are not run again.

    Args:
        model (dict or nn.Module): Config of the model, or the model itself,
            which then stays on its device.
        dataloader (dict): Config of a test dataloader with its dataset, see
            also :func:`~mmcuts3d.engine.labeling.folder_dataloader`. Its
            sampler is not used.
        out_dir (str or Path): Folder of the label store.
        checkpoint (str or Path, optional): Weights for a model by config.
            Defaults to None: it needs none.
        score_thr (float): Instances with a lower score are left out.
            Defaults to 0.
        max_per_image (int): Number of instances an image at most. Defaults
            to 100.
        device (str, optional): Where a model by config runs, such as 'cpu'
            or 'cuda:1'. Defaults to None: the GPU of this process, if any.
        overwrite (bool): Whether to remove labels that ``out_dir`` holds.
            Defaults to False.
        settings (Any): What else the labels depend on where ``model`` is a
            module, such as its config. Defaults to None.
        imports (Sequence[str]): Modules that register what the configs name,
            imported where the job is sent to. Defaults to ().
    """

    model: dict | nn.Module
    dataloader: dict
    out_dir: str | Path
    checkpoint: str | Path | None = None
    score_thr: float = 0.0
    max_per_image: int = 100
    device: str | torch.device | None = None
    overwrite: bool = False
    settings: Any = None
    imports: Sequence[str] = ()
    _dataset: Any = field(default=None, init=False, repr=False)
    _writer: LabelWriter | None = field(default=None, init=False, repr=False)
    _built: nn.Module | None = field(default=None, init=False, repr=False)

    @property
    def fingerprint(self) -> str:
        """Stands for everything the labels depend on.

        How images are loaded (batches, workers) and where the model runs are
        not in it.
        """
        model = self.model
        if isinstance(model, nn.Module):
            model = {
                'weights': weights_fingerprint(_unwrapped(model)),
                'settings': self.settings,
            }
        checkpoint = self.checkpoint
        return labeling_fingerprint(
            model,
            self.dataloader['dataset'],
            float(self.score_thr),
            int(self.max_per_image),
            checkpoint=None if checkpoint is None else os.fspath(checkpoint),
        )

    @property
    def dataset(self) -> Any:
        """The images, built when they are first asked for.

        Some datasets are made on first use: before a model looks into them.
        """
        if self._dataset is None:
            self._dataset = DATASETS.build(
                copy.deepcopy(self.dataloader['dataset'])
            )
        return self._dataset

    def __getstate__(self) -> dict[str, Any]:
        """What is sent to another process: no lock, no model by config."""
        scope = DefaultScope.get_current_instance()
        return {
            **self.__dict__,
            '_writer': None,
            '_built': None,
            'imports': list(self.imports),
            '_scope': None if scope is None else scope.scope_name,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        scope = state.pop('_scope')
        self.__dict__.update(state)
        import_modules_from_strings(list(self.imports))
        if scope is not None:
            init_default_scope(scope)

    def plan(self, count: int | None = None) -> list[Shard]:
        """Lock the store, and share out the images that have no labels.

        Args:
            count (int, optional): Number of shards. Defaults to None: of at
                most 256 images, whatever the number of workers.

        Returns:
            list[Shard]: The shards, some perhaps empty if ``count`` is given.

        Raises:
            ValueError: If the dataset cannot be built, the model lacks its
                weights, another run labels into ``out_dir``, or that holds
                other labels; see :class:`~mmcuts3d.labels.LabelWriter`.
        """
        if isinstance(self.model, dict):
            check_learned(self.model, self.checkpoint)
            check_device(self.device)
        dataset = self.dataset
        root = image_root(dataset)
        fingerprint = self.fingerprint
        self._writer = LabelWriter(
            self.out_dir, fingerprint, overwrite=self.overwrite
        )
        left = []
        for index in range(len(dataset)):
            image = dataset.get_data_info(index)
            name = name_in_store(image['img_path'], root)
            if name not in self._writer.done:
                left.append(index)
                # Shards look into no journal but their own.
                if image.get('img_id') is not None:
                    self._writer.check_id(name, int(image['img_id']))
        if len(left) < len(dataset):
            print_log(
                f'{len(dataset) - len(left)} of {len(dataset)} images are '
                'labeled already',
                logger='current',
            )
        batch_size = int(self.dataloader.get('batch_size') or 1)
        return [
            Shard(number, images, fingerprint)
            for number, images in enumerate(share_out(left, count, batch_size))
        ]

    def size(self, shards: Sequence[Shard]) -> int:
        """Number of images of shards."""
        return sum(len(shard.images) for shard in shards)

    def label(
        self, shard: Shard, count: Callable[[int], None] | None = None
    ) -> None:
        """Label a shard; each image is on the disk before the next batch.

        A shard that a worker began and did not end goes on where that
        worker died.

        Args:
            shard (Shard): One of :meth:`plan`, of this job or of an equal
                one in another process.
            count (Callable, optional): Told after each batch how many images
                it was. Defaults to None.

        Raises:
            ValueError: If predictions cannot be kept, or ``checkpoint`` is
                of another model.
        """
        if not shard.images:
            return
        root = image_root(self.dataset)
        writer = self._writer_of(shard)
        left = [
            index
            for index in shard.images
            if self._name(index, root) not in writer.done
        ]
        if count is not None and len(left) < len(shard.images):
            count(len(shard.images) - len(left))
        if not left:
            return
        batches = subset_dataloader(self.dataloader, self.dataset, left)
        model = self._built_model()
        was_training = model.training
        model.eval()
        try:
            with torch.no_grad():
                for data in batches:
                    samples = model.test_step(data)
                    self._keep(writer, samples, root)
                    if count is not None:
                        count(len(samples))
        finally:
            model.train(was_training)

    def finish(self) -> LabelingResult:
        """Merge the shards into the label file, and unlock the store.

        Call it where :meth:`plan` was called, when all shards are labeled.

        Returns:
            LabelingResult: What the store holds.

        Raises:
            ValueError: If two images have the same id.
        """
        if self._writer is None:
            raise ValueError(
                'Expected `plan` to be called before `finish`, but got no '
                'plan of this job.'
            )
        try:
            summary = finish_labels(self._writer)
        finally:
            self.close()
        return LabelingResult(Path(self.out_dir), **asdict(summary))

    def close(self) -> None:
        """Unlock the store without finishing; the run can go on later."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _writer_of(self, shard: Shard) -> LabelWriter:
        """The plan's own writer for its first shard, else one more."""
        writer = self._writer
        if shard.number == 0 and writer is not None:
            return writer
        return LabelWriter(
            self.out_dir,
            shard.fingerprint,
            shard.number,
            lock=False,
            others=False,
        )

    def _name(self, index: int, root: str) -> str:
        return name_in_store(
            self.dataset.get_data_info(index)['img_path'], root
        )

    def _built_model(self) -> nn.Module:
        if isinstance(self.model, nn.Module):
            return _unwrapped(self.model)
        if self._built is None:
            self._built = self._build_model()
        return self._built

    def _build_model(self) -> nn.Module:
        # A copy: detectors change their config, which is in the fingerprint.
        model = MODELS.build(copy.deepcopy(self.model))
        if self.checkpoint is not None:
            # Strict: weights of another model would give labels of noise.
            load_checkpoint(
                model,
                os.fspath(self.checkpoint),
                map_location='cpu',
                strict=True,
            )
        elif any(weight.requires_grad for weight in model.parameters()):
            raise ValueError(
                f'Expected a checkpoint for {type(model).__name__}, which '
                'must be trained, but got none.'
            )
        placed: nn.Module = model.to(self.device or get_device())
        return placed

    def _keep(
        self, writer: LabelWriter, samples: Sequence[Any], root: str
    ) -> None:
        for sample in samples:
            values = sample.to_dict()
            name = name_in_store(values['img_path'], root)
            if values.get('error') is not None:
                writer.fail(name, values['error'])
                continue
            writer.append(
                prediction_record(
                    values, name, self.score_thr, self.max_per_image
                )
            )


def _unwrapped(model: nn.Module) -> nn.Module:
    return model.module if is_model_wrapper(model) else model
