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
from typing import Any, ClassVar

import torch
from mmengine.logging import print_log
from mmengine.registry import (
    DATASETS,
    DefaultScope,
    init_default_scope,
)
from mmengine.utils import import_modules_from_strings
from torch import nn

from mmcuts3d.evaluation.metrics.dump_pseudo_labels import (
    name_in_store,
    prediction_record,
)
from mmcuts3d.labels import (
    Backend,
    ShardPlan,
    ShardWriter,
    StoreRun,
    begin_store,
    open_shard,
)

from ..config_kinds import check_learned
from ..executors.progress import Doing
from ..processes import check_device
from .dataloaders import image_root, subset_dataloader
from .fingerprint import (
    labeling_fingerprint,
    labeling_provenance,
    weights_fingerprint,
)
from .models import build_model, unwrapped
from .result import LabelingResult


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
        store (str, optional): 'jsonl' or 'parquet'. Defaults to None: that
            of the folder; of a new one 'jsonl' up to 10 000 images.
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
    store: Backend | None = None
    doing: ClassVar[Doing] = 'labeling'
    _dataset: Any = field(default=None, init=False, repr=False)
    _run: StoreRun | None = field(default=None, init=False, repr=False)
    _built: nn.Module | None = field(default=None, init=False, repr=False)

    @property
    def fingerprint(self) -> str:
        """Stands for everything the labels depend on.

        How images are loaded (batches, workers) and where the model runs are
        not in it.
        """
        return labeling_fingerprint(
            *self._depends_on(), checkpoint=self._weights()
        )

    def _depends_on(self) -> tuple[Any, ...]:
        model = self.model
        if isinstance(model, nn.Module):
            model = {
                'weights': weights_fingerprint(unwrapped(model)),
                'settings': self.settings,
            }
        return (
            model,
            self.dataloader['dataset'],
            float(self.score_thr),
            int(self.max_per_image),
        )

    def _weights(self) -> str | None:
        return None if self.checkpoint is None else os.fspath(self.checkpoint)

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
            '_run': None,
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

    def plan(self, count: int | None = None) -> list[ShardPlan]:
        """Lock the store, and share out the images that have no labels.

        Args:
            count (int, optional): Number of shards of jsonl. Defaults to
                None: of at most 256 images, whatever the number of workers.
                Those of parquet are always the same.

        Returns:
            list[ShardPlan]: The shards, some perhaps empty.

        Raises:
            ValueError: If the dataset cannot be built, the model lacks its
                weights, another run labels into ``out_dir``, or that holds
                other labels; see :func:`~mmcuts3d.labels.begin_store`.
        """
        if isinstance(self.model, dict):
            check_learned(self.model, self.checkpoint)
            check_device(self.device)
        self.close()
        names, ids = self._images()
        depends_on = self._depends_on()
        weights = self._weights()
        self._run = run = begin_store(
            self.out_dir,
            names,
            labeling_fingerprint(*depends_on, checkpoint=weights),
            self.store,
            labeling_provenance(*depends_on, checkpoint=weights),
            self.overwrite,
            ids=ids,
        )
        if run.num_done:
            print_log(
                f'{run.num_done} of {len(names)} images are labeled already',
                logger='current',
            )
        return run.plan(count, int(self.dataloader.get('batch_size') or 1))

    def _images(self) -> tuple[list[str], list[int] | None]:
        """Names in the store of all images, and their ids where known."""
        dataset = self.dataset
        root = image_root(dataset)
        names, ids = [], []
        for index in range(len(dataset)):
            image = dataset.get_data_info(index)
            names.append(name_in_store(image['img_path'], root))
            if image.get('img_id') is not None:
                ids.append(int(image['img_id']))
        return names, ids if len(ids) == len(names) else None

    def size(self, shards: Sequence[ShardPlan]) -> int:
        """Number of images of shards."""
        return sum(len(shard.images) for shard in shards)

    def label(
        self, shard: ShardPlan, count: Callable[[int], None] | None = None
    ) -> None:
        """Label a shard; each image is on the disk before the next batch.

        A shard that a worker began and did not end goes on where that
        worker died.

        Args:
            shard (ShardPlan): One of :meth:`plan`, of this job or of an equal
                one in another process.
            count (Callable, optional): Told after each batch how many images
                it was. Defaults to None.

        Raises:
            ValueError: If predictions cannot be kept, or ``checkpoint`` is
                of another model.
        """
        with open_shard(shard) as writer:
            self._label_rest(shard, writer, count or _count_nothing)
            writer.seal()

    def _label_rest(
        self,
        shard: ShardPlan,
        writer: ShardWriter,
        count: Callable[[int], None],
    ) -> None:
        left = [
            index
            for index, name in zip(shard.images, shard.names, strict=True)
            if name not in writer.done
        ]
        if len(left) < len(shard.images):
            count(len(shard.images) - len(left))
        if not left:
            return
        root = image_root(self.dataset)
        batches = subset_dataloader(self.dataloader, self.dataset, left)
        model = self._built_model()
        was_training = model.training
        model.eval()
        try:
            with torch.no_grad():
                for data in batches:
                    samples = model.test_step(data)
                    self._keep(writer, samples, root)
                    count(len(samples))
        finally:
            model.train(was_training)

    def finish(self) -> LabelingResult:
        """Make labels of the shards that can be read; unlock the store.

        Call it where :meth:`plan` was called, when all shards are labeled.

        Returns:
            LabelingResult: What the store holds.

        Raises:
            ValueError: If two images have the same id.
        """
        run = self._run
        if run is None:
            raise ValueError(
                'Expected `plan` to be called before `finish`, but got no '
                'plan of this job.'
            )
        try:
            summary = run.finish()
        finally:
            self.close()
        return LabelingResult(run.out_dir, **asdict(summary))

    def close(self) -> None:
        """Unlock the store without finishing; the run can go on later."""
        if self._run is not None:
            self._run.close()
            self._run = None

    def _built_model(self) -> nn.Module:
        if isinstance(self.model, nn.Module):
            return unwrapped(self.model)
        if self._built is None:
            self._built = build_model(self.model, self._weights(), self.device)
        return self._built

    def _keep(
        self, writer: ShardWriter, samples: Sequence[Any], root: str
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


def _count_nothing(number: int) -> None:
    pass
