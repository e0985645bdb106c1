"""Pascal VOC 2007, from its XML files."""

import pytest

from mmcuts3d.evaluation import ClassAgnosticCocoMetric, load_ground_truth

OBJECT = """<object>
    <name>{name}</name>
    <pose>Left</pose>
    <truncated>1</truncated>
    {difficult}
    <bndbox>
      <xmin>{box[0]}</xmin><ymin>{box[1]}</ymin>
      <xmax>{box[2]}</xmax><ymax>{box[3]}</ymax>
    </bndbox>
    {part}
  </object>"""
PART = """<part>
      <name>head</name>
      <bndbox>
        <xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax>
      </bndbox>
    </part>"""
XML = """<annotation>
  <folder>VOC2007</folder>
  <filename>{stem}.jpg</filename>
  <size><width>40</width><height>30</height><depth>3</depth></size>
  <segmented>0</segmented>
  {objects}
</annotation>
"""


def thing(name, box, difficult=0, part=''):
    tag = f'<difficult>{difficult}</difficult>'
    if difficult is None:  # not stated
        tag = ''
    return OBJECT.format(name=name, box=box, difficult=tag, part=part)


@pytest.fixture
def root(tmp_path, picture):
    """Three images: two of trainval, one of test."""
    root = tmp_path / 'VOC2007'
    things = {
        '000005': [
            thing('chair', (1, 1, 40, 30), part=PART),
            thing('chair', (11, 6, 20, 25), difficult=1),
        ],
        '000007': [thing('person', (5, 5, 5, 9), difficult=None)],
        '000001': [thing('dog', (2, 3, 12, 23))],
    }
    sets = {'trainval': ['000005', '000007'], 'test': ['000001']}
    (root / 'ImageSets' / 'Main').mkdir(parents=True)
    (root / 'Annotations').mkdir()
    for name, stems in sets.items():
        text = '\n'.join(stems) + '\n'
        (root / 'ImageSets' / 'Main' / f'{name}.txt').write_text(text)
    for stem, objects in things.items():
        picture(root / 'JPEGImages' / f'{stem}.jpg', 30, 40)
        text = XML.format(stem=stem, objects='\n'.join(objects))
        (root / 'Annotations' / f'{stem}.xml').write_text(text)
    return root


def boxes_of(made, file_name):
    (number,) = (
        row['id'] for row in made['images'] if row['file_name'] == file_name
    )
    return [
        (row['bbox'], row['iscrowd'])
        for row in made['annotations']
        if row['image_id'] == number
    ]


def test_boxes_count_pixels_from_one(convert, root, tmp_path, capsys):
    made = convert('voc', '--root', root)
    assert boxes_of(made, '000005.jpg') == [
        ([0, 0, 40, 30], 0),
        ([10, 5, 10, 20], 1),
    ]
    assert boxes_of(made, '000007.jpg') == [([4, 4, 1, 5], 0)]
    assert boxes_of(made, '000001.jpg') == [([1, 2, 11, 21], 0)]
    assert [row['original_category_id'] for row in made['annotations']] == [
        9,
        9,
        15,
        12,
    ]
    assert made['original_categories'][8] == {'id': 9, 'name': 'chair'}
    assert all('segmentation' not in row for row in made['annotations'])
    assert '3 objects and 1 crowds in 3 images' in capsys.readouterr().out
    out = tmp_path / 'made' / 'voc.json'
    images, truth = load_ground_truth(out)
    assert len(images) == 3
    assert sum(row['iscrowd'] for row in truth) == 1
    assert ClassAgnosticCocoMetric(str(out), 'bbox').metrics == ['bbox']


@pytest.mark.parametrize(
    'choice,crowds,dropped',
    [('object', [0, 0, 0, 0], {}), ('drop', [0, 0, 0], {'difficult': 1})],
)
def test_difficult_objects_as_asked(choice, crowds, dropped, convert, root):
    made = convert('voc', '--root', root, '--ignored', choice)
    assert [row['iscrowd'] for row in made['annotations']] == crowds
    assert made['info']['dropped'] == dropped
    assert made['info']['read']['ignored'] == 1
    assert made['info']['ignored_annotations'] == choice


def test_one_set_alone(convert, root):
    made = convert('voc', '--root', root, '--sets', 'trainval')
    assert {row['id'] for row in made['images']} == {5, 7}
    assert made['info']['published'] == {
        'images': 5011,
        'annotations': 15662,
        'ignored': 3054,
    }


def test_the_counts_are_those_of_the_kit(load_converter):
    both = load_converter('voc').PUBLISHED.values()
    total = {key: sum(part[key] for part in both) for key in next(iter(both))}
    assert total['images'] == 9963
    assert total['annotations'] - total['ignored'] == 24640


def test_the_count_is_checked(convert, root, load_converter, monkeypatch):
    with pytest.raises(
        ValueError, match=r'got 3 images \(9,963 .* 4 annotations \(30,638 are'
    ):
        convert('voc', '--root', root, whole=True)
    counts = {
        'trainval': {'images': 2, 'annotations': 3, 'ignored': 1},
        'test': {'images': 1, 'annotations': 1, 'ignored': 0},
    }
    monkeypatch.setattr(load_converter('voc'), 'PUBLISHED', counts)
    convert('voc', '--root', root, whole=True)


@pytest.mark.parametrize('text', ['', 'no xml', '<annotation/>'])
def test_a_broken_file_is_named(text, convert, root):
    (root / 'Annotations' / '000007.xml').write_text(text)
    with pytest.raises(ValueError, match=r'000007\.xml to be an annotation'):
        convert('voc', '--root', root)


@pytest.mark.parametrize(
    'before,after,words',
    [
        ('person', 'unicorn', r"object 1 of .*000007\.xml .* 'unicorn'"),
        ('<xmax>5</xmax>', '<xmax>x</xmax>', r'000007\.xml to be an annot'),
        ('<ymax>9</ymax>', '', r'000007\.xml to be an annotation'),
        ('<width>40</width>', '<width>41</width>', '30 x 41, but got 30 x 40'),
    ],
)
def test_what_is_wrong_is_named(before, after, words, convert, root):
    path = root / 'Annotations' / '000007.xml'
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))
    with pytest.raises(ValueError, match=words):
        convert('voc', '--root', root)


def test_a_box_without_area_is_dropped(convert, root):
    path = root / 'Annotations' / '000007.xml'
    path.write_text(path.read_text().replace('<xmax>5', '<xmax>4'))
    made = convert('voc', '--root', root)
    assert made['info']['dropped'] == {'box without area': 1}


@pytest.mark.parametrize('name', ['Annotations/000007.xml', 'JPEGImages'])
def test_what_is_missing_is_named(name, convert, root):
    for path in [root / name, *(root / name).glob('000007*')]:
        if path.is_file():
            path.unlink()
    with pytest.raises(ValueError, match='000007'):
        convert('voc', '--root', root)


@pytest.mark.parametrize('text', ['', '000005 1\n7x\n', None])
def test_a_wrong_set_is_named(text, convert, root):
    path = root / 'ImageSets' / 'Main' / 'test.txt'
    path.unlink()
    if text is not None:
        path.write_text(text)
    with pytest.raises(ValueError, match=r'test\.txt to be a list'):
        convert('voc', '--root', root)
