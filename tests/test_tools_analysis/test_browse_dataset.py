"""Training samples drawn as the pipeline gives them, pastes and all."""

import json

import cv2
import numpy as np
import pytest

from mmcuts3d import visualization
from mmcuts3d.labels import ImageRecord, instance_to_annotation
from mmcuts3d.labels.backends.label_writer import LabelWriter

SIDE = 96
CONFIG = """
default_scope = 'mmdet'
train_dataloader = dict(
    dataset=dict(
        type='MultiImageMixDataset',
        dataset=dict(
            type='mmcuts3d.PseudoLabelDataset',
            ann_file={labels!r},
            data_prefix=dict(img={images!r}),
            pipeline=[
                dict(type='mmcuts3d.LoadImageFromFile'),
                dict(type='mmcuts3d.LoadPseudoLabels'),
            ],
        ),
        pipeline=[
            dict(type='mmcuts3d.ConfidentCopyPaste', min_ratio=0.4,
                 max_ratio=0.5, prob={prob}, mask_occluded_thr=8),
            dict(type='mmcuts3d.PackPseudoLabels'),
        ],
    )
)
"""


@pytest.fixture
def config(tmp_path):
    """Two images: in one all is sure, in the other all is 0.5 sure."""
    writer = LabelWriter(tmp_path / 'labels', fingerprint='test')
    (tmp_path / 'images').mkdir()
    for number, sure in enumerate((1.0, 0.5), start=1):
        rows = []
        for left in (4, 52):
            mask = np.zeros((SIDE, SIDE), bool)
            mask[20:70, left : left + 40] = True
            rows.append(
                instance_to_annotation(mask, 0.9, np.full((4, 4), sure))
            )
        image = np.zeros((SIDE, SIDE, 3), np.uint8)
        image[..., number] = 200  # green and red: OpenCV writes BGR
        cv2.imwrite(str(tmp_path / 'images' / f'{number}.png'), image)
        writer.append(ImageRecord(f'{number}.png', SIDE, SIDE, number, rows))
    labels = str(writer.finish())

    def write(prob=1.0):
        path = tmp_path / 'tiny.py'
        images = str(tmp_path / 'images')
        path.write_text(CONFIG.format(labels=labels, images=images, prob=prob))
        return path

    return write


@pytest.fixture
def drawn(monkeypatch):
    """What is drawn, beside the pictures."""
    calls = []
    draw = visualization.draw_training_sample

    def note(*arguments):
        calls.append(arguments)
        return draw(*arguments)

    monkeypatch.setattr(visualization, 'draw_training_sample', note)
    return calls


def test_pasted_instances_and_confidences(load_tool, config, drawn, tmp_path):
    tool = load_tool('browse_dataset')
    foreign = 0
    for seed in range(6):
        out = tmp_path / str(seed)
        words = [str(config()), '--out', str(out), '--seed', str(seed)]
        assert tool.main(words) == 0
        names = sorted(path.name for path in out.iterdir())
        assert names == ['000000_1.png', '000001_2.png']
    assert len(drawn) == 12
    for image, masks, boxes, confidences, pasted, title in drawn:
        own = 1.0 if title == '0: 1' else 0.5
        means = [c[m].mean() for c, m in zip(confidences, masks, strict=True)]
        # An instance of the other confidence is one of the other image.
        others = ~np.isclose(means, own)
        assert pasted[others].all() and pasted.any()
        foreign += others.sum()
        assert len(boxes) == len(masks) == len(pasted)
        assert not pasted[0] and np.isclose(means[0], own)
        # RGB: the first image is green, the second red.
        corner = image[0, 0].tolist()
        assert corner == ([0, 200, 0] if own == 1 else [200, 0, 0])
    assert foreign


def test_nothing_pasted(load_tool, config, drawn, tmp_path):
    words = [str(config(prob=0.0)), '--out', str(tmp_path / 'out')]
    assert load_tool('browse_dataset').main([*words, '--number', '1']) == 0
    ((_, masks, _, _, pasted, _),) = drawn
    assert len(masks) == 2 and pasted is None


def test_config_that_trains_nothing(load_tool, tmp_path):
    path = tmp_path / 'tiny.py'
    path.write_text("model = dict(type='mmcuts3d.CutS3DLabeler')\n")
    with pytest.raises(ValueError, match='train_dataloader'):
        load_tool('browse_dataset').main([str(path)])


def test_sheet_shows_where_the_confidence_is():
    image = np.full((60, 80, 3), 90, np.uint8)
    masks = np.zeros((2, 60, 80), bool)
    masks[0, 10:40, 5:35], masks[1, 10:40, 45:75] = True, True
    boxes = np.array([[5, 10, 35, 40], [45, 10, 75, 40]], float)
    sure = np.stack([np.full((60, 80), value) for value in (0.5, 1.0)])
    sheet = visualization.draw_training_sample(
        image, masks, boxes, sure, np.array([False, True])
    ).astype(int)
    third = sheet[:, sheet.shape[1] * 2 // 3 :]
    yellow = (third[..., 0] > 200) & (third[..., 2] < 90)
    violet = (third[..., 2] > third[..., 1] + 40) & (third[..., 1] < 60)
    # The left one is 0.5 sure (violet), the right one 1 (yellow).
    assert np.nonzero(violet)[1].mean() < np.nonzero(yellow)[1].mean()
    plain = visualization.draw_training_sample(image, masks, boxes)
    assert plain.shape[1] < sheet.shape[1] * 0.75
    with pytest.raises(ValueError, match='confidences'):
        visualization.draw_training_sample(image, masks, boxes, sure[:1])


def test_empty_sample_is_drawn():
    image = np.full((40, 40, 3), 90, np.uint8)
    sheet = visualization.draw_training_sample(
        image, np.zeros((0, 40, 40)), np.zeros((0, 4)), np.zeros((0, 40, 40))
    )
    assert sheet.shape[2] == 3


def test_labels_that_are_missing_are_named(load_tool, config, tmp_path):
    path = config()
    missing = json.dumps(str(tmp_path / 'nowhere.json'))
    words = f'train_dataloader.dataset.dataset.ann_file={missing}'
    with pytest.raises(ValueError, match=r'nowhere\.json'):
        load_tool('browse_dataset').main([str(path), '--cfg-options', words])
