"""Named sets of arguments of :class:`CutS3D`, for configs and studies.

``paper`` is the paper. The others go beyond it and build on each other, each
named for what it is for; docs/design.md says what they change, and
benchmarks/quality what they do to real images.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Literal

from ._check import check_literal

#: Names of presets.
Preset = Literal[
    'paper', 'paper-v1', 'guarded', 'touching', 'adaptive', 'robust'
]

Arguments = dict[str, Any]


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> Arguments:
    """Arguments with others over them, inside of parts too."""
    result = deepcopy(dict(base))
    for name, value in changes.items():
        old = result.get(name)
        if isinstance(value, Mapping):
            value = merged(old if isinstance(old, Mapping) else {}, value)
        result[name] = value
    return result


#: First version of the paper: points outside the semantic mask are dropped,
#: and distances are capacities, to the letter; depth averaged, an early stop
#: at a near complement.
_PAPER_V1: Arguments = {
    'local': {'outside': 'drop', 'capacity': 'distance', 'pooling': 'mean'},
    'early_stop': 0.95,
}

#: The paper, guarded against trivial cuts: single patches are neither
#: terminals nor instances, a rejected cut does not come again, the sign of an
#: eigenvector decides nothing, and the CRF leaves look-alikes alone.
_GUARDED: Arguments = {
    'semantic': {'corner_rule': 'any_sign', 'removal': 'exclude'},
    'local': {'source': 'large', 'terminals': 'discs'},
    'selection': {
        'compare': 'all',
        'judge_first': True,
        'remove_rejected': True,
    },
    'refine': {'rest': 'unknown'},
}

#: For objects that touch at equal depth: creases (concave depth edges) part
#: them. Needs depth with smooth surfaces.
_TOUCHING = merged(_GUARDED, {'local': {'outside': 'drop', 'creases': {}}})

#: As many masks as part from what is around them in 3D, up to 10, the best
#: parted first. For depth of a sensor, or as good.
_ADAPTIVE = merged(
    _TOUCHING,
    {
        'num_instances': 10,
        'selection': {'min_separation': 0.7},
        'score': 'separation',
    },
)

#: For any backbone and depth: the threshold comes from the image, depth counts
#: as far as its noise allows and edges of colour where it does not, what lies
#: along the frame is background, and scattered odd tokens leave together.
_ROBUST = merged(
    _TOUCHING,
    {
        'semantic': {'tau_ncut': 'auto', 'sharpening': None},
        'local': {'trust': {}, 'colours': {}},
        'selection': {'max_frame': 0.25, 'remove_small': True},
    },
)

#: Arguments of CutS3D, by the name of a preset.
PRESETS: Mapping[Preset, Arguments] = {
    'paper': {},
    'paper-v1': _PAPER_V1,
    'guarded': _GUARDED,
    'touching': _TOUCHING,
    'adaptive': _ADAPTIVE,
    'robust': _ROBUST,
}


def preset(name: Preset = 'paper', **changes: Any) -> Arguments:
    """Arguments of :class:`CutS3D` by the name of a preset.

    Args:
        name: ``'paper'``, the method as published, with creases and guards
            off; ``'paper-v1'``, the first version to the letter;
            ``'guarded'``, the paper with guards against trivial cuts;
            ``'touching'``, the same with creases, for objects that touch;
            ``'adaptive'``, as many masks as part in 3D; ``'robust'``, for any
            backbone and depth.
            Defaults to 'paper'.
        **changes: Put over the preset; inside of a part, setting by setting.

    Raises:
        ValueError: On another name.
    """
    check_literal('preset', name, Preset)
    return merged(PRESETS[name], changes)
