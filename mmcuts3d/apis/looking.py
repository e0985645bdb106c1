"""From an inferencer's cut of one image to what the viewers show."""

from mmdet.structures import DetDataSample

from mmcuts3d.cuts import CutS3D
from mmcuts3d.models.labelers.to_samples import to_pixels
from mmcuts3d.viewing import CutMaps, CutView

from .explain import Explanation
from .inferencer import CutS3DInferencer
from .preparing import Prepared
from .results import sample_to_instances


def as_view(
    data: Prepared, sample: DetDataSample, explanation: Explanation | None
) -> CutView:
    """The view of a cut that an inferencer explained.

    Args:
        data (Prepared): The image.
        sample (DetDataSample): Its prediction.
        explanation (Explanation, optional): How it was cut.

    Returns:
        CutView: Nothing is cut again.

    Raises:
        ValueError: If the model is no labeler, or its method uses no depth.
    """
    if explanation is None:
        raise ValueError(
            'Expected the config of a labeler, which tells its steps, but '
            'got another model.'
        )
    return CutView(
        data.item.name,
        data.image,
        explanation.depth,
        tuple(explanation.steps),
        sample_to_instances(sample),
        explanation.local_cut,
    )


def as_maps(inferencer: CutS3DInferencer, data: Prepared) -> CutMaps | None:
    """Features and depth of an image, to cut it again with other settings.

    Args:
        inferencer (CutS3DInferencer): With a labeler.
        data (Prepared): The image, which was read without an error.

    Returns:
        CutMaps or None: None where the method is not :class:`CutS3D`, or
        looks twice: then a panel has nothing to change.

    Raises:
        ValueError: If features or depth cannot be had.
    """
    labeler = inferencer.model
    method = getattr(labeler, 'cut', None)
    if not isinstance(method, CutS3D) or labeler.second_look:
        return None
    batch = inferencer.collate_fn([data.packed])
    batch = labeler.data_preprocessor(batch, False)
    (sample,) = batch['data_samples']
    height, width = sample.img_shape[:2]
    pixels = batch['inputs'][0][:, :height, :width]
    maps = labeler.gather(pixels, sample)
    features = maps['features']
    if hasattr(features, 'cpu'):
        features = features.float().cpu().numpy()
    image = to_pixels(pixels)
    return CutMaps(data.item.name, image, features, maps['depth'], method)
