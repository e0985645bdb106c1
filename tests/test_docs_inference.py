"""docs/inference.md: its blocks run in order, its files are written."""

import json
import re
import shutil

import cv2
import numpy as np
import pytest
from helpers.docs import page, python_blocks

from mmcuts3d.cuts import CutStep
from mmcuts3d.datasets.rgbd_scenes import make_scene

PAGE = page('inference.md')


@pytest.fixture(scope='module')
def told(tmp_path_factory):
    """The names of all blocks, run where there are two scenes."""
    folder = tmp_path_factory.mktemp('inference')
    for name, seed in (('one', 2), ('two', 3)):
        scene = make_scene(seed, (96, 128))
        for kind, values in (
            ('images', scene.image[..., ::-1]),
            ('depth', (1000 * scene.depth).astype(np.uint16)),
        ):
            (folder / kind).mkdir(exist_ok=True)
            cv2.imwrite(str(folder / kind / f'{name}.png'), values)
    shutil.copy(folder / 'images' / 'one.png', folder / 'image.jpg')
    shutil.copy(folder / 'depth' / 'one.png', folder / 'depth.png')
    names = {'__folder__': folder}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for block in python_blocks(PAGE):
            exec(compile(block, 'inference.md', 'exec'), names)
    return names


def test_the_blocks_run(told):
    assert told['prediction']['error'] is None
    assert {'bboxes', 'labels', 'masks', 'scores'} <= set(told['prediction'])
    steps = told['explanation'].steps
    assert steps and all(isinstance(step, CutStep) for step in steps)
    found = {step.instance for step in steps} - {None}
    assert len(found) == len(told['prediction']['scores'])


def test_the_files_are_those_of_the_table(told):
    out = told['__folder__'] / 'out'
    coco = json.loads((out / 'coco.json').read_text())
    assert len(coco['images']) == 2
    for name in ('one', 'two'):
        for file in (f'vis/{name}.png', f'preds/{name}.json'):
            assert (out / file).stat().st_size
        indices = cv2.imread(str(out / 'masks' / f'{name}.png'), -1)
        assert indices.dtype == np.uint16 and indices.shape == (96, 128)
    table = PAGE.partition('## Files')[2]
    for file in re.findall(r'^\| `(\w+)[/.]', table, re.MULTILINE):
        assert file in ('vis', 'preds', 'coco', 'masks', 'cuts', 'clouds')
