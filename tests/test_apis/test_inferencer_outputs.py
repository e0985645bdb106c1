"""Names of models, real batches, and what a call can leave in a folder."""

import numpy as np
import pytest
from helpers.inferencing import detector_config, labeler_config
from PIL import Image

from mmcuts3d.apis import CutS3DInferencer
from mmcuts3d.cuts import CutStep
from mmcuts3d.datasets.rgbd_scenes import make_scene
from mmcuts3d.files import config_names, find_config
from mmcuts3d.files.shipped import config_aliases
from mmcuts3d.labels import decode_confidence, open_store


@pytest.fixture(scope='module')
def labeler():
    flat = {'type': 'mmcuts3d.FlatDepth'}
    return CutS3DInferencer(
        labeler_config(flat), device='cpu', show_progress=False
    )


@pytest.fixture(scope='module')
def scene():
    return make_scene(6, (64, 64), num_objects=(2, 2))


def test_short_names_stand_for_configs():
    found = find_config('cuts3d_dino-vitb8_zoedepth')
    assert found.stem == 'cuts3d_vit-b8-dino_zoedepth_imagenet'
    aliases = config_aliases()
    names = config_names()
    assert not set(aliases) & set(names)
    assert all(path.is_file() for path in aliases.values())
    with pytest.raises(ValueError, match=r'Close to it: .*dino-vitb8_zoe'):
        CutS3DInferencer('cuts3d_dino-vitb8_zodepth')


def test_a_labeler_by_its_short_name(scene):
    inferencer = CutS3DInferencer('cuts3d_classical', device='cpu')
    (found,) = inferencer(scene.image, depth=scene.depth)['predictions']
    assert found['error'] is None
    assert found['scores']


@pytest.mark.parametrize('kind', ['detector', 'labeler'])
@pytest.mark.parametrize('size', [1, 2, 5])
def test_a_batch_is_one_forward_pass(
    kind, size, labeler, scene, tmp_path, monkeypatch
):
    inferencer = labeler
    if kind == 'detector':
        inferencer = CutS3DInferencer(
            detector_config(), device='cpu', show_progress=False
        )
    for number in range(3):
        Image.fromarray(scene.image).save(tmp_path / f'{number}.png')
    (tmp_path / '1b.png').write_text('no image')
    sizes = []
    step = inferencer.model.test_step

    def counted(batch):
        sizes.append(len(batch['inputs']))
        return step(batch)

    monkeypatch.setattr(inferencer.model, 'test_step', counted)
    found = inferencer(str(tmp_path), batch_size=size)['predictions']
    assert [bool(one['error']) for one in found] == [False, False, True, False]
    assert sizes == {1: [1, 1, 1], 2: [2, 1], 5: [3]}[size]


def test_a_call_as_coco_file_and_masks(labeler, scene, tmp_path):
    (tmp_path / 'in' / 'sub').mkdir(parents=True)
    for name in ('a.jpg', 'sub/b.png'):
        Image.fromarray(scene.image).save(tmp_path / 'in' / name, quality=98)
    (tmp_path / 'in' / 'c.png').write_text('no image')
    found = labeler(
        tmp_path / 'in',
        depth=[scene.depth] * 3,
        recursive=True,
        out_dir=str(tmp_path / 'out'),
        save_coco=True,
        save_masks=True,
        no_save_vis=True,
        no_save_pred=True,
    )['predictions']
    store = open_store(tmp_path / 'out' / 'coco.json')
    assert list(store.file_names()) == ['a.jpg', 'c.png', 'sub/b.png']
    for record, one in zip(store, found, strict=True):
        assert len(record.annotations) == len(one['scores'])
        for row, code, score, packed in zip(
            record.annotations,
            one.get('masks', ()),
            one['scores'],
            one.get('confidences', ()),
            strict=True,
        ):
            assert row['segmentation'] == code
            assert row['score'] == pytest.approx(score)
            assert np.array_equal(
                decode_confidence(row['confidence']), decode_confidence(packed)
            )
    assert found[0]['scores']
    indices = np.array(Image.open(tmp_path / 'out' / 'masks' / 'a.png'))
    assert indices.shape == scene.image.shape[:2]
    assert set(np.unique(indices)) == set(range(len(found[0]['scores']) + 1))
    assert (tmp_path / 'out' / 'masks' / 'sub' / 'b.png').is_file()
    assert not (tmp_path / 'out' / 'preds').exists()


def test_steps_come_with_the_result(labeler, scene, monkeypatch):
    cuts = []
    cut = type(labeler.model.cut).__call__

    def counted(*args, **settings):
        cuts.append(1)
        return cut(*args, **settings)

    monkeypatch.setattr(type(labeler.model.cut), '__call__', counted)
    result = labeler([scene.image] * 2, depth=[scene.depth] * 2, explain=True)
    assert len(cuts) == 2
    for one, explanation in zip(
        result['predictions'], result['explanations'], strict=True
    ):
        steps = explanation.steps
        assert all(isinstance(step, CutStep) for step in steps)
        kept = [step for step in steps if step.instance is not None]
        assert len(kept) == len(one['scores'])
    assert 'explanations' not in labeler(scene.image, depth=scene.depth)


def test_a_folder_is_wanted_for_files(labeler, scene):
    for what in ('save_coco', 'save_masks'):
        with pytest.raises(ValueError, match=f'out_dir.*{what}'):
            labeler(scene.image, **{what: True})
    with pytest.raises(ValueError, match='batch_size'):
        labeler(scene.image, batch_size=0)
