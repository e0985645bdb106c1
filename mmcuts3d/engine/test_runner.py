"""The runner of tools/test.py."""

from mmengine.device import get_device
from mmengine.runner import Runner
from torch import nn


class TestRunner(Runner):
    """Runs labelers on several processes too.

    torch's DistributedDataParallel refuses a model without gradients.
    """

    __test__ = False  # no test, whatever pytest makes of the name

    def wrap_model(
        self, model_wrapper_cfg: dict | None, model: nn.Module
    ) -> nn.Module:
        """Move a model to its device, and wrap it if it has gradients.

        Args:
            model_wrapper_cfg (dict, optional): See ``Runner.wrap_model``.
            model (nn.Module): The model.

        Returns:
            nn.Module: The model, on its device.
        """
        if any(weight.requires_grad for weight in model.parameters()):
            return super().wrap_model(model_wrapper_cfg, model)
        return model.to(get_device())
