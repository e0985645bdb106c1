"""The configs: the supplement's numbers, and that they can be trained."""

import pytest
from helpers import ROOT
from mmengine.dataset import pseudo_collate

import mmcuts3d.registry  # noqa: F401
from mmcuts3d.engine.config import load_config
from mmcuts3d.engine.config_kinds import check_purpose
from mmcuts3d.registry import DATASETS, MODELS
from projects.depthg.depthg.training import make_neighbours
from projects.depthg.tests.tiny_folder import CLASSES, write_folder

FOLDER = ROOT / 'projects' / 'depthg' / 'configs'
NAMES = sorted(path.stem for path in FOLDER.glob('*.py'))
TRAININGS = [n for n in NAMES if 'folder' not in n and 'oracle' not in n]

#: Supplement, Table 2: λ and b of depth, self, knn, random; N; decay.
TABLE_2 = {
    'depthg_vit-s8_coco-stuff27': (
        (0.19, 0.58, 0.36, 0.70),
        (0.03, 0.07, 0.02, 0.76),
        9,
        (250, 0.6),
        70,
    ),
    'depthg_vit-b8_coco-stuff27': (
        (0.16, 0.23, 1.05, 0.24),
        (0.03, 0.12, 0.21, 0.97),
        12,
        (300, 0.64),
        90,
    ),
    'depthg_vit-b8_cityscapes27': (
        (0.09, 0.95, 1.02, 0.57),
        (0.03, 0.39, 0.25, 0.26),
        None,
        (400, 0.8),
        100,
    ),
    'depthg_vit-s8_potsdam3': (
        (0.13, 0.61, 0.34, 0.72),
        (0.14, 0.2, 0.09, 0.63),
        11,
        (None, 1.0),
        70,
    ),
}


def config_of(name):
    return load_config(FOLDER / f'{name}.py')


@pytest.mark.parametrize('name', TABLE_2)
def test_table_2(name):
    weights, shifts, side, decay, codes = TABLE_2[name]
    config = config_of(name)
    loss = config.model.loss
    terms = [loss[f'{t}_term'] for t in ('depth', 'self', 'knn', 'random')]
    assert tuple(term.weight for term in terms) == weights
    assert tuple(term.shift for term in terms) == shifts
    assert config.model.sampling.get('side') == side
    schedule = config.model.guidance.get('schedule') or {}
    assert (schedule.get('every'), schedule.get('factor', 1.0)) == decay
    assert config.model.head.code_channels == codes
    pointwise = 'cityscapes' not in name
    assert loss.centring == ('pointwise' if pointwise else 'none')
    five = config.train_dataloader.dataset.dataset.crops == 'five'
    assert five == ('potsdam' not in name)


@pytest.mark.parametrize('name', TRAININGS)
def test_table_1_and_stego(name):
    config = config_of(name)
    check_purpose(config, FOLDER / f'{name}.py', 'train')
    check_purpose(config, FOLDER / f'{name}.py', 'test')
    assert config.train_cfg.max_iters == 7000
    assert config.optim_wrapper.optimizer.lr == 5e-4
    assert config.model.features.image_size == 224
    assert config.model.test_features.image_size == 320
    probes = config.optim_wrapper.paramwise_cfg.custom_keys
    assert {key.lr_mult for key in probes.values()} == {10.0}


@pytest.mark.parametrize('name', NAMES)
def test_models_are_built_and_learn(name, tmp_path):
    """With a small network in DINO's place, on a folder of four images."""
    config = config_of(name)
    for split in ('train', 'val'):
        write_folder(tmp_path / split)
    classes = (tmp_path / 'train' / 'classes.json').read_text()
    (tmp_path / 'classes.json').write_text(classes)
    features = config.model.features
    if features.type == 'mmcuts3d.ViTKeys':
        features.update(arch='tiny', weights=None, image_size=32)
        config.model.test_features.update(image_size=64)
        config.model.head.in_channels = 192
    if config.model.get('num_classes'):
        config.model.num_classes = len(CLASSES)
    if 'side' in config.model.get('sampling', {}):
        config.model.sampling.side = 2
    images = config.train_dataloader.dataset.dataset
    if 'oracle' in name:
        images = images.dataset
        images.update(data_root=str(tmp_path / 'scenes'), num_scenes=3)
        images.size = (64, 64)
        config.model.num_classes = 8
    elif 'folder' in name:
        images.data_root = str(tmp_path / 'train/images')
        images.data_prefix.depth_path = str(tmp_path / 'train/depth')
    else:
        images.data_root = str(tmp_path)
    for step in images.pipeline:
        if 'size' in step:
            step.size = 32
    config.train_dataloader.dataset.neighbours = str(tmp_path / 'n.npz')
    make_neighbours(config)
    pairs = DATASETS.build(config.train_dataloader.dataset)
    model = MODELS.build(config.model)
    data = pseudo_collate([pairs[index] for index in range(3)])
    losses = model(**model.data_preprocessor(data, True), mode='loss')
    total = sum(losses.values())
    total.backward()
    assert ('loss_depth' in losses) == ('stego' not in name)
    idle = [n for n, p in model.named_parameters() if p.grad is None]
    assert idle == []
