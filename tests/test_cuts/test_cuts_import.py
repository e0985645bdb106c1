"""cuts/ stands alone: it needs and loads none of the heavy packages."""

import subprocess
import sys
import textwrap

from helpers import ROOT

HEAVY = {
    'mmengine',
    'mmcv',
    'mmdet',
    'mmpretrain',
    'open3d',
    'pydensecrf',
    'numba',
    'cv2',
    'torch',
    'torchvision',
    'matplotlib',
}
#: Loaded by the first cut: the compiled loops need it.
COMPILED = {'numba'}


def run(code):
    result = subprocess.run(
        [sys.executable, '-c', textwrap.dedent(code)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def test_import_is_silent_and_light():
    loaded = run(
        f"""
        import sys
        import mmcuts3d.cuts
        print(*sorted({HEAVY} & set(sys.modules)))
        """
    )
    assert loaded == ''


def test_cuts_where_nothing_heavy_can_be_imported():
    found = run(
        f"""
        import sys
        from importlib.abc import MetaPathFinder

        class Blocked(MetaPathFinder):
            def find_spec(self, name, path=None, target=None):
                if name.split('.')[0] in {HEAVY - COMPILED}:
                    raise ImportError(name + ' is blocked')

        sys.meta_path.insert(0, Blocked())

        import numpy as np
        from mmcuts3d.cuts import CutS3D, MaskCut

        mask = np.zeros((12, 12))
        mask[3:8, 4:9] = 1
        features = np.stack([mask, 1 - mask])
        image = np.zeros((24, 24, 3), np.uint8)
        depth = np.where(mask, 0.2, 0.9)
        plain = {{'crf': False}}
        touching = CutS3D.from_preset('touching', refine=plain)
        print(
            MaskCut(refine=plain)(image, features).masks[0].sum(),
            touching(image, features, depth).masks[0].sum(),
            touching.local(mask, mask, depth).sum(),
        )
        """
    )
    assert found == '100 100 25'
