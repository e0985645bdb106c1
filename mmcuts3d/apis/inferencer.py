"""From an image to instances and pictures, in one call."""

import logging
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmdet.structures import DetDataSample
from mmengine.config import Config
from mmengine.dataset import Compose, pseudo_collate
from mmengine.infer import BaseInferencer
from mmengine.logging import print_log
from mmengine.registry import init_default_scope
from mmengine.runner.checkpoint import _load_checkpoint_to_model
from torch import nn

from mmcuts3d.files.following import followed
from mmcuts3d.labels import ImageRecord, build_labels, write_json
from mmcuts3d.models.placeholder import spare_missing_folders
from mmcuts3d.registry import VISUALIZERS

from .drawing import check_outputs, draw_predictions
from .explain import (
    Explanation,
    explaining,
    is_labeler,
    save_explanation,
    save_index_masks,
    save_prediction,
    take_explanation,
)
from .items import Item, Source, as_items
from .preparing import (
    Prepared,
    prepare,
    read_config,
    transforms_after_loading,
)
from .results import empty_sample, finish, records_of, sample_to_dict


class CutS3DInferencer(BaseInferencer):
    """Runs a labeler, or a detector trained on its labels, on images.

    Args:
        model (str or Config): Config file, its content, or the name of a
            config that came with the package, short as in the metafiles
            (``'cuts3d_dino-vitb8_zoedepth'``) or whole.
        weights (str, optional): Checkpoint of a trained detector; a labeler
            needs none. Defaults to None.
        device (str, optional): Defaults to None, a GPU where there is one.
        cfg_options (dict, optional): Settings to change in the config, with
            dotted keys, such as ``{'model.cut.local.z_scale': 5}``.
            Defaults to None.
        show_progress (bool): Whether a bar shows for more than one image.
            Defaults to True.

    Raises:
        ValueError: If the config has no model.

    Examples:
        >>> from mmcuts3d.apis import CutS3DInferencer
        >>> from mmcuts3d.datasets.rgbd_scenes import make_scene
        >>> run, scene = CutS3DInferencer('cuts3d_classical'), make_scene(2)
        >>> len(run(scene.image, depth=scene.depth)['predictions'])
        1
    """

    preprocess_kwargs = {'depth', 'features', 'depth_settings', 'recursive'}
    forward_kwargs = {'explain'}
    visualize_kwargs = {'return_vis', 'show', 'wait_time', 'pred_score_thr'}
    visualize_kwargs |= {'draw_pred', 'no_save_vis'}
    postprocess_kwargs = {'out_dir', 'cloud', 'edges'}
    postprocess_kwargs |= {'print_result', 'no_save_pred', 'save_masks'}
    call_kwargs = {'save_coco'}

    def __init__(
        self,
        model: str | os.PathLike[str] | dict | Config,
        weights: str | None = None,
        device: str | None = None,
        cfg_options: dict[str, Any] | None = None,
        show_progress: bool = True,
    ) -> None:
        config = read_config(model)
        if cfg_options:
            config.merge_from_dict(cfg_options)
        init_default_scope('mmdet')
        super().__init__(config, weights, device, 'mmdet', show_progress)

    def __call__(
        self,
        inputs: Source | Sequence[Source],
        return_datasamples: bool = False,
        batch_size: int = 1,
        **kwargs: Any,
    ) -> dict[str, list]:
        """Find the instances of images.

        An image that cannot be processed does not stop the others: its
        prediction is empty and says why under ``error``.

        Args:
            inputs (str, PathLike, np.ndarray or Sequence): An image, a
                folder, or a list. Arrays are (H, W, 3) uint8 **RGB**.
            return_datasamples (bool): Whether predictions are DetDataSample
                instead of dict. Defaults to False.
            batch_size (int): Images of a forward pass. Defaults to 1.
            **kwargs: Any of

                - ``depth``, ``features``: maps of the images, see
                  :func:`~mmcuts3d.apis.items.as_items`; without them the
                  config's own sources are asked. Depth is scaled to [0, 1]
                  by its own range, 0 = nearest.
                - ``recursive`` (bool): whether images of a folder's
                  sub-folders are taken too. Defaults to False.
                - ``depth_settings`` (dict): kind, or direction, unit, scale
                  and invalid value, fill, clip and frame of ``depth``, as
                  ``DepthFromFiles`` takes them.
                - ``explain`` (bool): also the steps of a labeler's cut, as
                  ``explanations`` of the result and, with ``out_dir``, a
                  sheet of panels. Nothing is cut twice. Defaults to False.
                - ``out_dir`` (str): folder for ``preds/*.json``,
                  ``vis/*.png`` and, with ``explain``, ``cuts/*.png``,
                  ``clouds/*.ply`` (colours of the image, with instance and
                  confidence), ``clouds/*.painted.ply`` (colours of the
                  instances), ``clouds/*.edges.ply`` (what the cut removed)
                  and ``clouds/*.png``. Defaults to ''.
                - ``cloud`` (bool): with ``explain``, whether the point cloud
                  is rendered too, some seconds each. Defaults to True.
                - ``edges`` (bool): whether that picture has the edges too
                  that were removed from the graph. Defaults to False.
                - ``save_coco`` (bool): whether ``out_dir`` gets
                  ``coco.json``: all predictions of the call as a COCO file,
                  which is a label store. Defaults to False.
                - ``save_masks`` (bool): whether ``out_dir`` gets
                  ``masks/*.png``, 16 bits: 0 for background, n for the n-th
                  instance, the best-scored on top. Defaults to False.
                - ``return_vis``, ``show``, ``wait_time``, ``draw_pred``,
                  ``pred_score_thr``, ``print_result``, ``no_save_vis``,
                  ``no_save_pred``: as in mmdet; but the threshold defaults
                  to 0 for a labeler, and ``no_save_pred`` to False.

        Returns:
            dict: ``predictions``, one dict or DetDataSample an image (see
            :func:`~mmcuts3d.apis.results.sample_to_dict`),
            ``visualization``, (H, W, 3) uint8 RGB each, empty unless
            ``return_vis``, and, with ``explain``, ``explanations``, one
            :class:`~mmcuts3d.apis.explain.Explanation` or None an image.

        Raises:
            ValueError: If the arguments do not fit each other.
        """
        save_coco = kwargs.pop('save_coco', False)
        before, during, drawing, after = self._dispatch_kwargs(**kwargs)
        out_dir = check_outputs(batch_size, save_coco, after)
        settings = before.pop('depth_settings', None)
        items = as_items(inputs, **before)
        result: dict[str, list] = {'predictions': [], 'visualization': []}
        if during.get('explain'):
            result['explanations'] = []
        records: list[ImageRecord] = []
        starts: Iterable[int] = range(0, len(items), batch_size)
        if self.show_progress and len(items) > batch_size:
            total = -(-len(items) // batch_size)
            unit = 'images' if batch_size == 1 else 'batches'
            starts = followed(starts, total, 'inference', unit)
        for start in starts:
            batch = items[start : start + batch_size]
            data = self.preprocess(batch, depth_settings=settings)
            samples, explanations = self.forward(data, **during)
            pictures = self.visualize(
                data, samples, out_dir=out_dir, **drawing
            )
            part = self.postprocess(
                samples,
                pictures,
                return_datasamples,
                data=data,
                explanations=explanations,
                **after,
            )
            if 'explanations' in result:
                part['explanations'] = explanations
            for key, values in part.items():
                result[key] += values
            if save_coco:
                records += records_of(data, samples, len(records) + 1)
        if save_coco:
            write_json(Path(out_dir, 'coco.json'), build_labels(records))
        return result

    def preprocess(  # type: ignore[override]
        self,
        inputs: Iterable[Item],
        batch_size: int = 1,
        depth_settings: dict[str, Any] | None = None,
    ) -> list[Prepared]:
        """Read and transform the images of one batch.

        Args:
            inputs (Iterable[Item]): The images.
            batch_size (int): Not used, they are one batch. Defaults to 1.
            depth_settings (dict, optional): See :meth:`__call__`.

        Returns:
            list[Prepared]: One an image.
        """
        return [
            prepare(item, self.pipeline, depth_settings) for item in inputs
        ]

    @torch.no_grad()
    def forward(  # type: ignore[override]
        self, inputs: list[Prepared], explain: bool = False
    ) -> tuple[list[DetDataSample], list[Explanation | None]]:
        """Predict one batch.

        Args:
            inputs (list[Prepared]): Of :meth:`preprocess`.
            explain (bool): Whether the steps of the cut are wanted.
                Defaults to False.

        Returns:
            tuple: Data samples, and explanations or None, one an image.
        """
        good = [data.packed for data in inputs if data.packed is not None]
        found: Iterator[DetDataSample] = iter(())
        if good:
            with explaining(self.model, explain):
                found = iter(self.model.test_step(self.collate_fn(good)))
        samples, explanations = [], []
        for data in inputs:
            bad = data.packed is None
            sample = empty_sample(data.metainfo) if bad else next(found)
            samples.append(sample)
            explanations.append(take_explanation(sample, self.model))
            finish(sample, data.item.name)
        return samples, explanations

    def visualize(  # type: ignore[override]
        self,
        inputs: list[Prepared],
        preds: Sequence[DetDataSample],
        show: bool = False,
        return_vis: bool = False,
        wait_time: float = 0,
        pred_score_thr: float | None = None,
        draw_pred: bool = True,
        no_save_vis: bool = False,
        out_dir: str = '',
    ) -> list[np.ndarray]:
        """Draw the instances over the images.

        Args:
            inputs (list[Prepared]): Of :meth:`preprocess`.
            preds (Sequence[DetDataSample]): Of :meth:`forward`.
            show (bool): See :meth:`__call__`, as the others; a window stays
                for ``wait_time`` seconds, 0 until a key is pressed.

        Returns:
            list[np.ndarray]: (H, W, 3) uint8 RGB, empty unless
            ``return_vis``; an unreadable image is one black pixel.
        """
        out_dir = '' if no_save_vis else out_dir
        if not (show or return_vis or out_dir):
            return []
        if pred_score_thr is None:
            pred_score_thr = 0.0 if is_labeler(self.model) else 0.3
        pictures = draw_predictions(
            self.visualizer,
            inputs,
            preds,
            out_dir,
            draw_pred=draw_pred,
            show=show,
            wait_time=wait_time,
            pred_score_thr=pred_score_thr,
        )
        return pictures if return_vis else []

    def postprocess(  # type: ignore[override]
        self,
        preds: Sequence[DetDataSample],
        visualization: list[np.ndarray],
        return_datasample: bool = False,
        out_dir: str = '',
        cloud: bool = True,
        edges: bool = False,
        print_result: bool = False,
        no_save_pred: bool = False,
        save_masks: bool = False,
        data: Sequence[Prepared] = (),
        explanations: Sequence[Explanation | None] = (),
    ) -> dict[str, list]:
        """Turn predictions into dicts and write what is to be written."""
        predictions = [sample_to_dict(sample) for sample in preds]
        if print_result:
            print(predictions)  # noqa: T201  # asked for
        if out_dir:
            for parts in zip(
                data, preds, predictions, explanations, strict=True
            ):
                if not no_save_pred:
                    save_prediction(parts[0].item.name, parts[2], out_dir)
                if save_masks:
                    save_index_masks(parts[0].item.name, parts[1], out_dir)
                save_explanation(
                    parts[0], parts[1], parts[3], out_dir, cloud, edges
                )
        return {
            'predictions': list(preds) if return_datasample else predictions,
            'visualization': visualization,
        }

    def _init_model(
        self, cfg: Config, weights: str | None, device: str = 'cpu'
    ) -> nn.Module:
        spare_missing_folders(cfg.model)
        return super()._init_model(cfg, weights, device)

    def _load_weights_to_model(
        self, model: nn.Module, checkpoint: dict | None, cfg: Config | None
    ) -> None:
        """A labeler has no weights to miss; a detector says so."""
        model.dataset_meta = {'classes': ('object',)}
        if checkpoint is not None:
            _load_checkpoint_to_model(model, checkpoint)
        elif not is_labeler(model):
            print_log(
                'No `weights` were given: this detector is untrained.',
                'current',
                logging.WARNING,
            )

    def _init_pipeline(self, cfg: Config) -> Compose:
        return Compose(transforms_after_loading(cfg))

    def _init_collate(self, cfg: Config) -> Any:
        return pseudo_collate

    def _init_visualizer(self, cfg: Config) -> Any:
        """Instances need colours of their own, whatever the config says."""
        name = f'CutS3DInferencer-{id(self)}'
        return VISUALIZERS.build(
            {'type': 'mmcuts3d.CutVisualizer', 'name': name}
        )
