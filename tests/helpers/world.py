"""The small world that pages and docstrings speak of: data/mine."""

from helpers import ROOT
from helpers.mixed import write_labels


def write_world(folder):
    """Configs, and four images with depth, labels and truth.

    Args:
        folder (Path): The current folder of a reader.

    Returns:
        Path: ``data/mine`` with images/, depth/, labels.json, truth.json.
    """
    mine = folder / 'data' / 'mine'
    write_labels(mine)
    (mine / 'color').rename(mine / 'images')
    (mine / 'instances.json').rename(mine / 'truth.json')
    (folder / 'configs').symlink_to(ROOT / 'configs')
    return mine
