"""The rows of the study: the default with one thing changed at a time."""

from __future__ import annotations

from runs import Setting
from variants import VARIANTS

from mmcuts3d.cuts import ADAPTIVE, PAPER_READING, PUBLISHED

#: The paper's literal reading, and the methods that the goal compares.
METHODS = {
    'MaskCut': Setting('MaskCut'),
    'paper': Setting(cut=dict(PAPER_READING)),
    'published': Setting(cut=dict(PUBLISHED)),
    'default': Setting(),
    'adaptive': Setting(cut=dict(ADAPTIVE)),
}

#: What docs/design.md calls open points, in its order.
OPEN_POINTS: dict[str, dict[str, Setting]] = {
    'depth, coordinates': {
        'z_scale=1': Setting(cut={'z_scale': 1.0}),
        'z_scale=5': Setting(cut={'z_scale': 5.0}),
        'z_scale=10': Setting(cut={'z_scale': 10.0}),
        'percentiles 2-98': Setting(depth={'clip': (2, 98)}),
        'inverse depth': Setting(depth={'inverse': True}),
        'pooling=mean': Setting(cut={'pooling': 'mean'}),
    },
    'graph': {
        'outside=push': Setting(cut={'outside': 'push'}),
        'k=8': Setting(cut={'k': 8}),
        'k=32': Setting(cut={'k': 32}),
    },
    'min-cut': {
        'capacity=distance': Setting(cut={'capacity': 'distance'}),
        'terminals=points': Setting(cut={'terminals': 'points'}),
        'source=peak': Setting(cut={'source': 'peak'}),
        'sink=signed': Setting(cut={'sink': 'signed'}),
    },
    'sharpening': {
        'sharpening=False': Setting(cut={'sharpening': False}),
        'tau_ncut=0.35': Setting(cut={'tau_ncut': 0.35}),
        'sigma=1': Setting(cut={'sigma': 1.0}),
        'sigma=6': Setting(cut={'sigma': 6.0}),
        'pair_rule=max': Setting(cut={'pair_rule': 'max'}),
    },
    'rounds': {
        'paint=semantic': Setting(cut={'paint': 'semantic'}),
        'early_stop=0.95': Setting(cut={'early_stop': 0.95}),
        'num_instances=6': Setting(cut={'num_instances': 6}),
    },
    'beyond the paper': {
        'crease=0': Setting(cut={'crease': 0.0}),
        'crease=1': Setting(cut={'crease': 1.0}),
        'crease=4': Setting(cut={'crease': 4.0}),
        'crease_sigma=1.5': Setting(cut={'crease_sigma': 1.5}),
        'crease_noise=0': Setting(cut={'crease_noise': 0.0}),
        'crease_noise=2': Setting(cut={'crease_noise': 2.0}),
        'score=separation': Setting(cut={'score': 'separation'}),
    },
}

BY_SEPARATION = {'score': 'separation'}
#: How many masks: AR against masks per image.
NUMBERS = {
    'MaskCut, N=10': Setting('MaskCut', {'num_instances': 10}),
    **{
        f'N={number}': Setting(cut={'num_instances': number, **BY_SEPARATION})
        for number in (1, 2, 3, 5, 10)
    },
    **{
        f'N=10, eigenvalue<={limit}': Setting(
            cut={
                'num_instances': 10,
                'max_eigenvalue': limit,
                **BY_SEPARATION,
            }
        )
        for limit in (0.3, 0.4)
    },
    **{
        f'N=10, separation>={limit}': Setting(
            cut={
                'num_instances': 10,
                'min_separation': limit,
                **BY_SEPARATION,
            }
        )
        for limit in (0.5, 0.7, 0.9)
    },
    'N=10, by confidence': Setting(cut={'num_instances': 10}),
}


#: For rgbd_osd, whose depth is metric.
TRIED = {name: Setting(variant=name) for name in VARIANTS}


def all_settings() -> dict[str, Setting]:
    """Every row by its name."""
    rows = {**METHODS, **NUMBERS, **TRIED}
    for group in OPEN_POINTS.values():
        rows.update(group)
    return rows
