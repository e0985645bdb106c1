"""Methods with the settings that tests are about, and steps made by hand."""

import sys
from collections import Counter

import numpy as np

from mmcuts3d.cuts import CutS3D, CutStep, LocalCut, MaskCut, preset

NO_CRF = {'crf': False}


def touching(**changes):
    """CutS3D of the preset 'touching'."""
    return CutS3D.from_preset('touching', **changes)


def guarded(**changes):
    """CutS3D of the preset 'guarded': no creases, points pushed back."""
    return CutS3D.from_preset('guarded', **changes)


def mask_cut(**changes):
    """MaskCut without the CRF."""
    return MaskCut(**{'refine': NO_CRF, **changes})


def touching_local(**settings):
    """LocalCut of the preset 'touching'."""
    return LocalCut(**preset('touching', local=settings)['local'])


def guarded_local(**settings):
    """LocalCut of the preset 'guarded'."""
    return LocalCut(**preset('guarded', local=settings)['local'])


def rectangle(shape, rows, columns):
    """A mask (h, w), True in rows and columns from, and up to but without."""
    mask = np.zeros(shape, bool)
    mask[slice(*rows), slice(*columns)] = True
    return mask


def step_of(mask, confidence=None, **fields):
    """A step whose semantic mask and LocalCut are one mask (h, w)."""
    mask = np.asarray(mask, bool)
    if confidence is None:
        confidence = mask.astype(np.float32)
    defaults = {
        'eigenvector': mask.astype(float),
        'semantic_mask': mask,
        'local_cut': mask,
        'confidence': np.asarray(confidence, np.float32),
        'seed': (0, 0),
    }
    return CutStep(**{**defaults, **fields})


def count_calls(monkeypatch, *functions):
    """Count calls of functions of the package, which go on working.

    Args:
        monkeypatch: Of pytest.
        functions: Each is counted in whatever module it was imported to.

    Returns:
        Counter: Calls by name, filled as they come.
    """
    calls = Counter()

    def spy(function):
        def counted(*args, **kwargs):
            calls[function.__name__] += 1
            return function(*args, **kwargs)

        return counted

    modules = [
        module
        for name, module in list(sys.modules.items())
        if name.split('.')[0] == 'mmcuts3d'
    ]
    for function in functions:
        for module in modules:
            if getattr(module, function.__name__, None) is function:
                monkeypatch.setattr(module, function.__name__, spy(function))
    return calls
