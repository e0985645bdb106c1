"""A scene's labels and predictions, in mmengine's grammar."""

from mmengine.structures import BaseDataElement, InstanceData


class SceneDataSample(BaseDataElement):
    """What is known of a scene beside its vertices.

    ``masks`` (N, s) bool tensors are made of whole segments, ``scores`` (N,)
    lie in [0, 1]. Further fields:

    - ``name`` (str) and ``num_segments`` (int), s, of the metainfo.
    - ``edges`` (np.ndarray): (e, 2) segments that touch.
    - ``of_vertex`` (np.ndarray): (n,) segment of each vertex.
    - ``truth`` (np.ndarray): (n,) instance of each vertex, where known.
    """

    @property
    def gt_instances(self) -> InstanceData:
        """Pseudo-masks to learn from."""
        return self._gt_instances

    @gt_instances.setter
    def gt_instances(self, value: InstanceData) -> None:
        self.set_field(value, '_gt_instances', dtype=InstanceData)

    @gt_instances.deleter
    def gt_instances(self) -> None:
        del self._gt_instances

    @property
    def pred_instances(self) -> InstanceData:
        """Predictions, best first."""
        return self._pred_instances

    @pred_instances.setter
    def pred_instances(self, value: InstanceData) -> None:
        self.set_field(value, '_pred_instances', dtype=InstanceData)

    @pred_instances.deleter
    def pred_instances(self) -> None:
        del self._pred_instances
