"""A calibration from images to rows, where the right answer is known."""

import json

import numpy as np
import pytest
from helpers.vits import vit_keys_config

from mmcuts3d.engine.calibration import (
    CalibrationJob,
    config_lines,
    table_text,
    write_calibration,
)
from mmcuts3d.engine.calibration.job import spread

TAUS = ['auto', 0.1, 0.3, 0.55, 0.8]
#: Between the cosines of two kinds, 0.4, and of one kind, 0.7.
RIGHT = {'auto', 0.55}


def job(config, images, *args, **settings):
    return CalibrationJob(config, 'mine.py', images, *args, **settings)


def by_tau(calibration):
    return {row.candidate.tau: row for row in calibration.rows}


def test_the_right_threshold_without_labels(config, images):
    found = job(config(), images, taus=TAUS)()
    rows = by_tau(found)
    assert found.num_images == 4 and not found.failed and not found.labeled
    for tau in TAUS:
        if tau in RIGHT:
            assert rows[tau].repeatability == pytest.approx(1)
            assert rows[tau].num_masks == 1
            assert rows[tau].stability == pytest.approx(1 - rows[tau].ncut)
            assert rows[tau].stability > 0.9
        else:
            assert rows[tau].stability < 0.4
    assert {row.candidate.tau for row in found.rows[:2]} == RIGHT
    assert rows['auto'].error < 0.01 and rows['auto'].measures is None
    assert 'AP' not in table_text(found)


def test_the_right_threshold_with_labels(config, images, annotations):
    found = job(config(), images, annotations, taus=TAUS)()
    rows = by_tau(found)
    for tau in TAUS:
        measures = rows[tau].measures
        if tau in RIGHT:
            assert measures == pytest.approx(
                {'AP': 100, 'AP50': 100, 'AR100': 100}
            )
        else:
            assert measures['AP50'] < 50
    assert found.rows[0].candidate.tau == 'auto'  # of equal ones the first
    assert found.labeled
    head, best, *_ = table_text(found).splitlines()
    assert head.split()[:3] == ['tau_ncut', 'AP', 'AP50']
    assert best.split()[:3] == ['auto', '100.0', '100.0']


def test_depth_of_cuts3d_is_asked_for_once_an_image(config, images):
    from mmcuts3d.models.depth import FlatDepth

    calls = []

    class Counting(FlatDepth):
        def forward(self, images, data_samples=None):
            calls.append(len(images))
            return super().forward(images, data_samples)

    cut = {
        'preset': 'robust',
        'num_instances': 1,
        'semantic': {'sharpening': None},
    }
    model = config(
        type='mmcuts3d.CutS3DLabeler', depth={'type': Counting}, cut=cut
    )
    found = job(model, images, taus=TAUS)()
    assert calls == [1] * 4
    assert found.rows[0].candidate.tau in RIGHT
    assert found.rows[0].stability > 0.9


def test_layers_and_kinds_are_cut_as_the_labeler_cuts_them(
    config, images, annotations, tmp_path
):
    """The masks of a row are those of a labeler that has its setting."""
    from mmengine.registry import MODELS

    from mmcuts3d.engine.labeling import LabelingJob
    from mmcuts3d.evaluation import evaluate_coco, load_ground_truth
    from mmcuts3d.labels import read_labels

    features = vit_keys_config(tmp_path)
    made = job(
        config(features),
        images,
        annotations,
        layers=[-1, -3],
        kinds=['key', 'token'],
        taus=['auto', 0.2],
    )
    assert '2 thresholds on each of 4 layers and kinds' in made.summary
    found = made()
    assert len(found.rows) == 8
    assert len({row.candidate for row in found.rows}) == 8
    best = found.rows[0]
    layer, kind, tau = best.candidate
    cut = {
        'num_instances': 1,
        'semantic': {'tau_ncut': tau},
        'refine': {'crf': False},
    }
    model = config({**features, 'layer': layer, 'kind': kind}, cut=cut).model
    loader = made._dataloader
    MODELS.build(model)
    out = tmp_path / 'labels'
    from mmcuts3d.engine.labeling import run_labeling

    result = run_labeling(LabelingJob(model, loader, out, store='jsonl'))
    labels = read_labels(result.label_file)
    known, truth = load_ground_truth(annotations, images)
    expected = evaluate_coco(known, truth, labels['annotations'], 'segm')
    for name, value in best.measures.items():
        assert value == pytest.approx(expected[name])


def test_bad_images_are_named_and_the_others_are_cut(config, images):
    (images / '1.png').write_bytes(b'no image')
    found = job(config(), images, taus=['auto'])()
    assert list(found.failed) == ['1.png']
    assert 'readable image' in found.failed['1.png']
    assert found.num_images == 3
    for path in images.iterdir():
        path.write_bytes(b'no image')
    with pytest.raises(ValueError, match=r'4 that cannot, such as 0\.png'):
        job(config(), images, taus=['auto'])()


def test_annotations_of_images_that_failed_do_not_count(
    config, images, annotations
):
    (images / '1.png').write_bytes(b'no image')
    found = job(config(), images, annotations, taus=['auto'])()
    assert list(found.failed) == ['1.png']
    assert found.rows[0].measures['AP'] == pytest.approx(100)


def test_a_stopped_call_goes_on(config, images, tmp_path, monkeypatch):
    from mmcuts3d.engine.calibration import cutting

    out = tmp_path / 'out'
    whole = job(config(), images, taus=TAUS)()
    seen = []
    cut = cutting.ImageCutter.__call__

    def stopping(self, image, sample):
        if len(seen) == 2:
            raise KeyboardInterrupt
        seen.append(sample.img_path)
        return cut(self, image, sample)

    monkeypatch.setattr(cutting.ImageCutter, '__call__', stopping)
    with pytest.raises(KeyboardInterrupt):
        job(config(), images, taus=TAUS)(out)

    def counting(self, image, sample):
        seen.append(sample.img_path)
        return cut(self, image, sample)

    monkeypatch.setattr(cutting.ImageCutter, '__call__', counting)
    assert job(config(), images, taus=TAUS)(out) == whole
    assert len(seen) == len(set(seen)) == 4
    # Other settings begin anew.
    job(config(), images, taus=['auto'])(out)
    assert len(seen) == 8


def test_what_is_written(config, images, tmp_path):
    made = job(config(), images, taus=TAUS, limit=1)
    found = made()
    path = write_calibration(found, made, tmp_path / 'new' / 'out')
    content = json.loads(path.read_text())
    assert path.name == 'calibration.json'
    assert content['criterion'] == 'stability'
    assert content['annotations'] is None and content['num_images'] == 1
    assert [row['tau'] for row in content['rows']] == [
        row.candidate.tau for row in found.rows
    ]
    first = content['rows'][0]
    assert (
        first['repeatability'] == pytest.approx(1) and first['layer'] is None
    )
    assert first['error'] is None  # of one image there is none


def test_config_lines_make_the_setting(config, images, tmp_path):
    from mmengine.config import Config

    features = {**vit_keys_config(tmp_path), 'out': 'values'}
    base = config(features)
    base.dump(tmp_path / 'base.py')
    made = CalibrationJob(
        base,
        tmp_path / 'base.py',
        images,
        layers=[-2],
        kinds=['query'],
        taus=[0.3],
    )
    (tmp_path / 'new.py').write_text(config_lines(made().rows[0], made))
    model = Config.fromfile(tmp_path / 'new.py').model
    assert model.features.pop('layer') == -2
    assert model.features.pop('kind') == 'query'
    del features['out']
    assert model.features == features
    assert model.cut == {'num_instances': 1, 'semantic': {'tau_ncut': 0.3}}


def test_images_are_spread_over_the_folder():
    assert spread(3, 50) == [0, 1, 2]
    assert spread(100, 4) == [12, 37, 62, 87]
    assert spread(7, 7) == list(range(7))
    assert len(set(spread(51, 50))) == 50


@pytest.mark.parametrize(
    ('settings', 'message'),
    [
        ({'layers': [-1]}, 'no layers and kinds .*TwoKinds.*layers'),
        ({'kinds': ['key']}, 'no layers and kinds .*TwoKinds'),
        ({'taus': [1.5]}, r"`taus` to be numbers in \[0, 1\] or 'auto'.*1.5"),
        ({'taus': [0.1, 0.1]}, '`taus` to be different'),
        ({'taus': []}, '`taus` to be different'),
        ({'limit': 0}, '`limit` to be at least 1, but got 0'),
        ({'backbone': 'dino_vitb9'}, "name of a backbone.*'dino_vitb9'"),
        ({'device': 'nowhere'}, '`device` to be a device'),
    ],
)
def test_bad_settings_at_the_door(settings, message, config, images):
    with pytest.raises(ValueError, match=message):
        job(config(), images, **settings)


def test_unknown_layers_at_the_door(config, images, tmp_path):
    features = {**vit_keys_config(tmp_path), 'weights': 'nowhere.pth'}
    with pytest.raises(ValueError, match='`layer` to be from -3 to 2'):
        job(config(features), images, layers=[-4])
    made = job(config(features), images)  # default layers: those there are
    assert {layer for layer, _ in made.search.named} == {-1, -2}


def test_bad_folders_and_annotations_at_the_door(
    config, images, annotations, tmp_path
):
    empty = tmp_path / 'empty'
    empty.mkdir()
    with pytest.raises(ValueError, match='empty to hold images'):
        job(config(), empty)
    with pytest.raises(ValueError, match='nowhere'):
        job(config(), tmp_path / 'nowhere')
    with pytest.raises(ValueError, match='nowhere.json'):
        job(config(), images, tmp_path / 'nowhere.json')
    content = json.loads(annotations.read_text())
    annotations.write_text(json.dumps({**content, 'annotations': []}))
    with pytest.raises(ValueError, match='true instances, but got none'):
        job(config(), images, annotations)
    for image in content['images']:
        image['file_name'] = f'other_{image["file_name"]}'
    annotations.write_text(json.dumps(content))
    with pytest.raises(ValueError, match='4 of which none is there.*other_0'):
        job(config(), images, annotations)


def test_images_of_the_annotations_that_are_absent_are_left_out(
    config, images, annotations
):
    (images / '2.png').unlink()
    made = job(config(), images, annotations, taus=['auto'])
    assert made.summary.startswith('3 of 3 images (1 more of the annotations')
    found = made()
    assert found.num_images == 3 and not found.failed
    assert found.rows[0].measures['AP'] == pytest.approx(100)


def test_configs_of_detectors_are_refused(config, images):
    detector = config()
    detector.model = {'type': 'mmdet.MaskRCNN'}
    with pytest.raises(ValueError, match='config of a labeler.*MaskRCNN'):
        job(detector, images)
    broken = config()
    broken.model.features = 'ClassicalFeatures'
    with pytest.raises(ValueError, match='`model.features`.*Classical'):
        job(broken, images)


def test_a_number_of_masks_is_a_mean(config, images):
    rows = by_tau(job(config(), images, taus=[0.0, 0.55])())
    assert rows[0.0].num_masks == 0  # everything is alike: nothing to cut
    assert rows[0.0].stability == rows[0.0].repeatability == 0
    assert rows[0.0].ncut == 1
    assert np.isfinite(rows[0.0].error)
