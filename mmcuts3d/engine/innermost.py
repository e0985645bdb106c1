"""The dataset that reads files, inside of MultiImageMixDataset and others."""

from typing import Any


def innermost_config(config: dict[str, Any]) -> dict[str, Any]:
    """Its config.

    Args:
        config (dict): Of a dataloader, or of a dataset.

    Returns:
        dict: The part of it that has no ``dataset`` inside; itself where it
        has none.
    """
    while isinstance(config.get('dataset'), dict):
        config = config['dataset']
    return config


def innermost_dataset(dataset: Any) -> Any:
    """Itself.

    Args:
        dataset (Dataset): Any dataset.

    Returns:
        Dataset: What is inside of all others.
    """
    while hasattr(dataset, 'dataset'):
        dataset = dataset.dataset
    return dataset
