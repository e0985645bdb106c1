"""The rows of the study: a preset with one thing changed at a time."""

from __future__ import annotations

from typing import Any

from runs import Setting
from variants import VARIANTS

from mmcuts3d.cuts import CutS3D, MaskCut


def touching(**changes: Any) -> CutS3D:
    """The preset that the open points are measured on."""
    return CutS3D.from_preset('touching', **changes)


#: The presets, and the literal variant of LocalCut's first version inside the
#: guards of the others, as version 0.2 measured it.
METHODS = {
    'MaskCut': Setting(MaskCut()),
    'paper': Setting(CutS3D()),
    'paper-v1': Setting(CutS3D.from_preset('paper-v1')),
    'literal': Setting(
        CutS3D.from_preset(
            'guarded',
            local={
                'outside': 'drop',
                'terminals': 'points',
                'source': 'peak',
                'capacity': 'distance',
                'pooling': 'mean',
            },
            refine={'rest': 'background'},
            early_stop=0.95,
        )
    ),
    'guarded': Setting(CutS3D.from_preset('guarded')),
    'touching': Setting(touching()),
    'adaptive': Setting(CutS3D.from_preset('adaptive')),
    'robust': Setting(CutS3D.from_preset('robust')),
}

#: What docs/design.md calls open points, in its order.
OPEN_POINTS: dict[str, dict[str, Setting]] = {
    'depth, coordinates': {
        'z_scale=1': Setting(touching(local={'z_scale': 1.0})),
        'z_scale=5': Setting(touching(local={'z_scale': 5.0})),
        'z_scale=10': Setting(touching(local={'z_scale': 10.0})),
        'percentiles 2-98': Setting(touching(), depth={'clip': (2, 98)}),
        'inverse depth': Setting(touching(), depth={'inverse': True}),
        'pooling=mean': Setting(touching(local={'pooling': 'mean'})),
    },
    'graph': {
        'outside=push': Setting(touching(local={'outside': 'push'})),
        'k=8': Setting(touching(local={'k': 8})),
        'k=32': Setting(touching(local={'k': 32})),
    },
    'min-cut': {
        'capacity=distance': Setting(touching(local={'capacity': 'distance'})),
        'terminals=points': Setting(touching(local={'terminals': 'points'})),
        'source=peak': Setting(touching(local={'source': 'peak'})),
        'sink=signed': Setting(touching(local={'sink': 'signed'})),
    },
    'semantic cut': {
        'sharpening=None': Setting(touching(semantic={'sharpening': None})),
        'tau_ncut=0.35': Setting(touching(semantic={'tau_ncut': 0.35})),
        'sigma=1': Setting(touching(semantic={'sharpening': {'sigma': 1.0}})),
        'sigma=6': Setting(touching(semantic={'sharpening': {'sigma': 6.0}})),
        'pair_rule=max': Setting(
            touching(semantic={'sharpening': {'pair_rule': 'max'}})
        ),
        'removal=delete': Setting(touching(semantic={'removal': 'delete'})),
        'removal=zero': Setting(touching(semantic={'removal': 'zero'})),
    },
    'steps': {
        'paint=semantic': Setting(touching(paint='semantic')),
        'early_stop=0.95': Setting(touching(early_stop=0.95)),
        'num_instances=6': Setting(touching(num_instances=6)),
    },
    'beyond the paper': {
        'creases=None': Setting(touching(local={'creases': None})),
        'creases.weight=1': Setting(
            touching(local={'creases': {'weight': 1.0}})
        ),
        'creases.weight=4': Setting(
            touching(local={'creases': {'weight': 4.0}})
        ),
        'creases.sigma=1.5': Setting(
            touching(local={'creases': {'sigma': 1.5}})
        ),
        'creases.noise=0': Setting(
            touching(local={'creases': {'noise': 0.0}})
        ),
        'creases.noise=2': Setting(
            touching(local={'creases': {'noise': 2.0}})
        ),
        'score=separation': Setting(touching(score='separation')),
    },
}


def by_separation(**changes: Any) -> Setting:
    """As many steps as named, ranked by separation."""
    return Setting(touching(score='separation', **changes))


#: How many masks: AR against masks per image.
NUMBERS = {
    'MaskCut, N=10': Setting(MaskCut(num_instances=10)),
    **{
        f'N={number}': by_separation(num_instances=number)
        for number in (1, 2, 3, 5, 10)
    },
    **{
        f'N=10, eigenvalue<={limit}': by_separation(
            num_instances=10, max_eigenvalue=limit
        )
        for limit in (0.3, 0.4)
    },
    **{
        f'N=10, separation>={limit}': by_separation(
            num_instances=10, selection={'min_separation': limit}
        )
        for limit in (0.5, 0.7, 0.9)
    },
    'N=10, by confidence': Setting(touching(num_instances=10)),
}


#: For rgbd_osd, whose depth is metric.
TRIED = {name: Setting(touching(), variant=name) for name in VARIANTS}


def all_settings() -> dict[str, Setting]:
    """Every row by its name."""
    rows = {**METHODS, **NUMBERS, **TRIED}
    for group in OPEN_POINTS.values():
        rows.update(group)
    return rows
