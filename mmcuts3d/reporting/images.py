"""The figures of the table: their order, words, units and directions."""

#: The columns of CutS3D's table of pseudo-masks (supplement, Table 6), with
#: recall, and the mean IoU by which images are chosen to be looked at.
MAIN = tuple(
    f'{kind}_{name}'
    for kind in ('bbox', 'segm')
    for name in ('AP', 'AP50', 'AP75', 'AR100', 'best_IoU')
)
LOWER_IS_BETTER = frozenset(
    {
        'confidence_ECE',
        'confidence_error_pearson',
        'confidence_error_spearman',
        'found_again',
        'hoover_missed',
        'hoover_noise',
        'hoover_over',
        'hoover_under',
        'merged_per_mask',
        'merging_masks',
        'missed',
        'split_instances',
    }
)
_NEITHER = frozenset({'confidence_mean'})
_PREFIXES = {'bbox': 'box', 'segm': 'mask', 'boundary': 'boundary'}
_WORDS = {
    'best_IoU': 'best IoU of an instance',
    'mean_IoU': 'IoU of a prediction',
    'score_IoU_spearman': 'score and IoU, Spearman',
}


def is_correlation(name: str) -> bool:
    """Whether a figure is in [-1, 1], so that -1 is a value like others."""
    return name.endswith(('spearman', 'pearson'))


def is_share(name: str) -> bool:
    """Whether a figure is in percent, and not a correlation or a number."""
    return not (is_correlation(name) or name.endswith('per_mask'))


def title_of(name: str) -> str:
    """A figure's name for the table, with an arrow to where it is better."""
    kind, _, rest = name.partition('_')
    text = name
    if kind in _PREFIXES:
        text = f'{_PREFIXES[kind]} {_WORDS.get(rest, rest)}'
    text = text.replace('_', ' ')
    if name in _NEITHER:
        return text
    return f'{text} {"↓" if name in LOWER_IS_BETTER else "↑"}'
