"""Files of other people, read safely (L0): no OpenMMLab, errors by name."""

__all__: list[str] = []
