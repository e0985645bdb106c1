"""What losses ask of their arguments without waiting for a GPU."""

from torch import Tensor


def check_unit_range(name: str, values: Tensor) -> None:
    """Check that values lie in [0, 1].

    They are looked at on the CPU alone: to ask a GPU is to wait for it.

    Args:
        name (str): Of the argument.
        values (Tensor): Of any shape.

    Raises:
        ValueError: If one of them does not, or is NaN.
    """
    if values.device.type != 'cpu' or not values.numel():
        return
    # Written so that NaN fails too.
    if not bool(((values >= 0) & (values <= 1)).all()):
        raise ValueError(
            f'Expected argument `{name}` to lie in [0, 1], but got values '
            f'from {values.min()} to {values.max()}.'
        )


def number_of_rois(weight: Tensor) -> Tensor:
    """RoIs with a weight above 0, at least 1: the divisor of a mean.

    Args:
        weight (Tensor): Weights of shape (n,).

    Returns:
        Tensor: Shape (); a number would make the host wait for the GPU.
    """
    return (weight > 0).sum().clamp(min=1)
