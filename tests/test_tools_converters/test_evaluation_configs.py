"""From the original files to the measure, by the documented commands.

Each converter's own example makes the file that the config of its set reads.
"""

import contextlib
import importlib.util
import io
import json
import shlex

import numpy as np
import pytest
from helpers import ROOT
from mmdet.registry import DATASETS
from mmengine.config import Config
from mmengine.registry import init_default_scope
from PIL import Image

from mmcuts3d.registry import METRICS

FOLDER = ROOT / 'configs' / 'evaluation'
NAME = 'cascade-mask-rcnn_r50_fpn_cuts3d_{}.py'
#: Converter: the config of its set, and what the papers measure on it.
SETS = {
    'coco': ('coco-val2017', ['bbox', 'segm']),
    'coco20k': ('coco20k', ['bbox', 'segm']),
    'lvis': ('lvis-v1', ['bbox', 'segm']),
    'voc': ('voc07', ['bbox']),
    'objects365': ('objects365v2', ['bbox']),
    'openimages': ('openimages-v6', ['bbox']),
    'kitti': ('kitti', ['bbox']),
    'uvo': ('uvo', ['bbox', 'segm']),
    'cityscapes': ('cityscapes', ['bbox', 'segm']),
}
#: Converter: how docs/datasets.md calls the set.
TITLES = {
    'coco': 'COCO val2017',
    'coco20k': 'COCO20K',
    'lvis': 'LVIS v1 val',
    'voc': 'Pascal VOC 2007',
    'objects365': 'Objects365 v2 val',
    'openimages': 'OpenImages v6 val',
    'kitti': 'KITTI',
    'uvo': 'UVO sparse val',
    'cityscapes': 'Cityscapes val',
}
#: Where the original in COCO's form lies below data/, and how it names its
#: image, and where that lies.
JSON = {
    'coco': (
        'coco/annotations/instances_val2017.json',
        '1.jpg',
        'coco/val2017/1.jpg',
    ),
    'coco20k': (
        'coco/annotations/instances_train2014.json',
        '1.jpg',
        'coco/train2014/1.jpg',
    ),
    'lvis': (
        'lvis_v1/annotations/lvis_v1_val.json',
        'val2017/1.jpg',
        'coco/val2017/1.jpg',
    ),
    'objects365': (
        'Objects365/Obj365_v2/annotations/zhiyuan_objv2_val.json',
        'images/v1/patch3/1.jpg',
        'Objects365/Obj365_v2/val/patch3/1.jpg',
    ),
    'uvo': (
        'uvo/annotations/UVO_frame_val.json',
        'abc/1.png',
        'uvo/uvo_videos_sparse_frames/abc/1.png',
    ),
}
VOC = """<annotation>
  <size><width>40</width><height>30</height></size>
  <object><name>dog</name><bndbox>
    <xmin>5</xmin><ymin>6</ymin><xmax>24</xmax><ymax>25</ymax>
  </bndbox></object>
</annotation>"""
KITTI = 'Car 0 0 0 4 5 24 25 1 1 1 1 1 1 1\n'
BOXES = (
    'ImageID,LabelName,XMin,XMax,YMin,YMax,IsGroupOf\n1,/m/1,0.1,0.6,0.1,0.9,0'
)


@pytest.fixture
def data(tmp_path, monkeypatch, picture):
    """The originals of all sets, one image each, as docs/datasets.md says."""
    monkeypatch.chdir(tmp_path)
    for file, name, path in JSON.values():
        picture(tmp_path / 'data' / path, 30, 40)
        text = json.dumps(coco_of(name))
        write(tmp_path / 'data' / file, text)
    files = {
        'coco/annotations/coco_20k_filenames.txt': 'train2014/1.jpg\n',
        'VOCdevkit/VOC2007/ImageSets/Main/trainval.txt': '1\n',
        'VOCdevkit/VOC2007/ImageSets/Main/test.txt': '2\n',
        'VOCdevkit/VOC2007/Annotations/1.xml': VOC,
        'VOCdevkit/VOC2007/Annotations/2.xml': VOC,
        'OpenImages/annotations/validation-annotations-bbox.csv': BOXES,
        'OpenImages/annotations/class-descriptions-boxable.csv': '/m/1,Dog\n',
        'kitti/training/label_2/1.txt': KITTI,
    }
    for name, text in files.items():
        write(tmp_path / 'data' / name, text)
    for name in (
        'VOCdevkit/VOC2007/JPEGImages/1.jpg',
        'VOCdevkit/VOC2007/JPEGImages/2.jpg',
        'OpenImages/OpenImages/validation/1.jpg',
        'kitti/training/image_2/1.png',
        'cityscapes/leftImg8bit/val/ulm/1_leftImg8bit.png',
    ):
        picture(tmp_path / 'data' / name, 30, 40)
    instances = np.full((30, 40), 7, np.uint16)
    instances[5:25, 4:24] = 26000
    path = tmp_path / 'data' / 'cityscapes' / 'gtFine' / 'val' / 'ulm'
    path.mkdir(parents=True)
    Image.fromarray(instances).save(path / '1_gtFine_instanceIds.png')
    return tmp_path / 'data'


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def coco_of(name):
    return {
        'images': [
            {
                'id': 1,
                'file_name': name,
                'coco_url': f'http://images.cocodataset.org/{name}',
                'height': 30,
                'width': 40,
            }
        ],
        'annotations': [
            {
                'id': 1,
                'image_id': 1,
                'category_id': 1,
                'bbox': [4, 5, 20, 20],
                'area': 400,
                'segmentation': [[4, 5, 24, 5, 24, 25, 4, 25]],
            }
        ],
        'categories': [{'id': 1, 'name': 'dog'}],
    }


def example(module):
    """The words of the example in the help of a converter."""
    text = io.StringIO()
    with contextlib.redirect_stdout(text), pytest.raises(SystemExit):
        module.main(['--help'])
    _, _, command = text.getvalue().partition('\nexamples:\n')
    words = shlex.split(command.replace('\\\n', ' '))
    assert (ROOT / words[1]).samefile(module.__file__)
    return words[2:]


def make(load_converter, name):
    module = load_converter(name)
    words = example(module)
    assert module.main([*words, '--allow-other-counts']) == 0
    return words[words.index('--out') + 1]


def test_every_config_has_a_converter():
    suffixes = {config for config, _ in SETS.values()}
    assert {path.name for path in FOLDER.glob('*.py')} == {
        NAME.format(suffix) for suffix in suffixes
    }


@pytest.mark.parametrize('name', SETS)
def test_documentation_shows_the_command(name, load_converter):
    module = load_converter(name)
    text = (ROOT / 'docs' / 'datasets.md').read_text('utf-8')
    (block,) = (
        part
        for part in text.split('\n\n')
        if part.startswith('    python') and f'/{name}_to_class' in part
    )
    words = shlex.split(block.replace('\\\n', ' '))
    assert words[2:] == example(module)
    counts = module.PUBLISHED
    if name == 'voc':
        counts = {
            key: sum(part[key] for part in counts.values())
            for key in ('images', 'annotations', 'ignored')
        }
    (row,) = (
        line
        for line in text.splitlines()
        if line.startswith(f'| [{TITLES[name]}](#')
    )
    assert [n for n in counts.values() if f' {n:,} ' not in row] == []


@pytest.mark.parametrize('name', SETS)
def test_config_reads_what_the_converter_made(name, data, load_converter):
    made = make(load_converter, name)
    suffix, metrics = SETS[name]
    config = Config.fromfile(FOLDER / NAME.format(suffix))
    assert config.test_dataloader == config.val_dataloader
    assert config.test_evaluator == config.val_evaluator
    assert config.test_evaluator.ann_file == made
    init_default_scope('mmdet')
    metric = METRICS.build(config.test_evaluator)
    assert metric.metrics == metrics
    dataset = DATASETS.build(config.test_dataloader.dataset)
    assert str(dataset.ann_file) == made
    item = dataset[0]
    assert 'error' not in item['data_samples'].metainfo
    assert item['data_samples'].ori_shape == (30, 40)
    assert item['data_samples'].img_id in (1, 2)


@pytest.mark.parametrize('name', ['voc', 'lvis'])
def test_tools_test_measures(name, data, load_converter, monkeypatch):
    make(load_converter, name)
    suffix, metrics = SETS[name]
    spec = importlib.util.spec_from_file_location(
        'tools_test', ROOT / 'tools' / 'test.py'
    )
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    options = {
        'test_dataloader.num_workers': 0,
        'test_dataloader.persistent_workers': False,
        'test_dataloader.dataset.pipeline.1.scale': '(64,64)',
        'model.test_cfg.rpn.max_per_img': 30,
    }
    config = FOLDER / NAME.format(suffix)
    words = ['test.py', str(config), '--work-dir', 'work', '--cfg-options']
    words += [f'{key}={value}' for key, value in options.items()]
    monkeypatch.setattr('sys.argv', words)
    monkeypatch.setenv('LOCAL_RANK', '0')
    tool.main()
    (path,) = data.parent.glob('work/*/*.json')
    measures = json.loads(path.read_text())
    for metric in ('bbox', 'segm'):
        found = f'object/{metric}_AR100' in measures
        assert found == (metric in metrics)
    # An untrained network finds something or nothing, but it is measured.
    assert 0 <= measures['object/bbox_AR100'] <= 100
