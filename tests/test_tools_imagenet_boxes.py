"""ImageNet's boxes as a COCO file, and a labeller measured against them."""

import importlib.util

import pytest
from helpers import ROOT
from PIL import Image
from pycocotools.coco import COCO

from mmcuts3d.datasets import ImageFolder
from mmcuts3d.evaluation import ClassAgnosticCocoMetric

XML = """<annotation>
  <folder>val</folder>
  <filename>{stem}</filename>
  <size><width>{width}</width><height>{height}</height><depth>3</depth></size>
  <segmented>0</segmented>
  {objects}
</annotation>
"""
OBJECT = """<object>
    <name>n01751748</name>
    <bndbox>
      <xmin>{0}</xmin><ymin>{1}</ymin><xmax>{2}</xmax><ymax>{3}</ymax>
    </bndbox>
  </object>"""


@pytest.fixture
def convert():
    path = ROOT / 'tools/dataset_converters/imagenet_boxes_to_coco.py'
    spec = importlib.util.spec_from_file_location('imagenet_boxes', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def run(folder):
        words = [f'--{name}={folder / name}' for name in ('images', 'boxes')]
        out = folder / 'annotations' / 'boxes.json'
        assert module.main([*words, f'--out={out}']) == 0
        return out

    return run


@pytest.fixture
def folder(tmp_path):
    """Two pictures with one and two boxes, in the folder of a class."""
    boxes = {'a': [(2, 3, 12, 23)], 'b': [(0, 0, 40, 30), (5, 6, 7, 9)]}
    (tmp_path / 'images' / 'n01').mkdir(parents=True)
    (tmp_path / 'boxes').mkdir()
    for stem, corners in boxes.items():
        path = tmp_path / 'images' / 'n01' / f'{stem}.JPEG'
        Image.new('RGB', (40, 30)).save(path)
        objects = '\n'.join(OBJECT.format(*corner) for corner in corners)
        write_xml(tmp_path, stem, objects)
    return tmp_path


def write_xml(folder, stem, objects):
    text = XML.format(stem=stem, width=40, height=30, objects=objects)
    (folder / 'boxes' / f'{stem}.xml').write_text(text)


def test_boxes_of_one_category(convert, folder, capsys):
    out = convert(folder)
    assert '3 boxes in 2 images' in capsys.readouterr().out
    coco = COCO(str(out))
    assert coco.loadCats(coco.getCatIds()) == [{'id': 1, 'name': 'object'}]
    found = {
        image['file_name']: [row['bbox'] for row in coco.imgToAnns[key]]
        for key, image in coco.imgs.items()
    }
    assert found == {
        'n01/a.JPEG': [[2, 3, 10, 20]],
        'n01/b.JPEG': [[0, 0, 40, 30], [5, 6, 2, 3]],
    }
    assert [row['area'] for row in coco.anns.values()] == [200, 1200, 6]


def test_dataset_and_metric_read_it(convert, folder):
    out = str(convert(folder))
    images = ImageFolder({'img': str(folder / 'images')}, out, pipeline=[])
    assert len(images) == 2
    assert images.get_data_info(0)['img_path'].endswith('images/n01/a.JPEG')
    assert ClassAgnosticCocoMetric(out, 'bbox').metrics == ['bbox']


def test_images_without_boxes_are_left_out(convert, folder):
    write_xml(folder, 'b', '')
    assert len(COCO(str(convert(folder))).imgs) == 1


@pytest.mark.parametrize('text', ['', '<annotation/>', 'no xml'])
def test_a_broken_file_is_named(text, convert, folder):
    (folder / 'boxes' / 'a.xml').write_text(text)
    with pytest.raises(ValueError, match=r'boxes/a\.xml to be an XML file'):
        convert(folder)


def test_what_is_missing_is_named(convert, folder):
    write_xml(folder, 'c', '')
    with pytest.raises(ValueError, match=r'c\.xml to be in'):
        convert(folder)
    for path in (folder / 'boxes').iterdir():
        path.unlink()
    with pytest.raises(ValueError, match=r'boxes to hold XML files'):
        convert(folder)
