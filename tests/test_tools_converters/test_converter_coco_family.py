"""COCO20K, LVIS, Objects365 and UVO, whose originals are in COCO's form."""

import pytest
from helpers.converter import HEIGHT, WIDTH, crowd, image, original, row

from mmcuts3d.datasets import ImageFolder
from mmcuts3d.evaluation import load_ground_truth
from mmcuts3d.labels import check_labels


@pytest.fixture
def train2014():
    names = [f'COCO_train2014_{n:012}.jpg' for n in (9, 25, 30)]
    images = [
        image(number, file_name=name)
        for number, name in zip((9, 25, 30), names, strict=True)
    ]
    rows = [row(1, 9), row(2, 25), crowd(3, 30), row(4, 30)]
    return {**original(), 'images': images, 'annotations': rows}


def test_coco20k_takes_the_images_of_the_list(
    convert, write, whole, train2014
):
    lines = 'train2014/COCO_train2014_000000000030.jpg\n'
    lines += 'train2014/COCO_train2014_000000000009.jpg\n'
    words = ['--annotations', write(train2014)]
    words += ['--list', write(lines, 'list.txt')]
    made = convert('coco20k', *words)
    check_labels(made)
    assert {r['file_name'] for r in made['images']} == {
        'COCO_train2014_000000000009.jpg',
        'COCO_train2014_000000000030.jpg',
    }
    assert [r['image_id'] for r in made['annotations']] == [9, 30, 30]
    assert [r['iscrowd'] for r in made['annotations']] == [0, 1, 0]
    with pytest.raises(ValueError, match=r'2 images \(19,817 are published'):
        convert('coco20k', *words, whole=True)
    whole('coco20k', images=2, annotations=3)
    convert('coco20k', *words, whole=True)


@pytest.mark.parametrize(
    'lines,words',
    [
        ('a.jpg\n\n', "line 2 of .* but got ''"),
        ('x/a.jpg\na.jpg\n', "line 2 of .* but got 'a.jpg'"),
        ('{"images": 3}\n', 'line 1 of'),
        (
            'train2014/COCO_train2014_000000000009.jpg\n'
            'train2014/COCO_train2014_000000000010.jpg\n',
            'got 1 less, such as COCO_train2014_000000000010',
        ),
    ],
)
def test_coco20k_refuses_a_wrong_list(lines, words, convert, write, train2014):
    paths = write(train2014), write(lines, 'list.txt')
    with pytest.raises(ValueError, match=words):
        convert('coco20k', '--annotations', paths[0], '--list', paths[1])


def lvis(number, folder):
    """A row of LVIS, which has no file name."""
    entry = image(
        number,
        coco_url=f'http://images.cocodataset.org/{folder}/{number:012}.jpg',
        neg_category_ids=[18],
        not_exhaustive_category_ids=[3],
    )
    del entry['file_name']
    return entry


def test_lvis_gets_file_names(convert, write, picture, tmp_path):
    content = original()
    content['images'] = [lvis(139, 'val2017'), lvis(285, 'train2017')]
    content['annotations'].pop()
    for annotation in content['annotations']:
        del annotation['iscrowd']  # LVIS has no crowds
    folder = tmp_path / 'coco'
    for name in ('val2017/000000000139', 'train2017/000000000285'):
        picture(folder / f'{name}.jpg', HEIGHT, WIDTH)
    path = write(content)
    made = convert('lvis', '--annotations', path, '--images', folder)
    check_labels(made)
    assert [r['file_name'] for r in made['images']] == [
        'val2017/000000000139.jpg',
        'train2017/000000000285.jpg',
    ]
    assert made['images'][0]['neg_category_ids'] == [18]
    assert made['images'][0]['not_exhaustive_category_ids'] == [3]
    assert made['annotations'][0]['area'] == 216
    assert made['annotations'][0]['iscrowd'] == 0
    out = str(tmp_path / 'made' / 'lvis.json')
    dataset = ImageFolder({'img': str(folder)}, out, pipeline=[])
    assert dataset.get_data_info(0)['img_path'].endswith(
        'coco/train2017/000000000285.jpg'
    )
    with pytest.raises(ValueError, match='19,809 are published'):
        convert('lvis', '--annotations', path, whole=True)


@pytest.mark.parametrize('url', ['', '139.jpg', 'http://x/val2014/139.jpg'])
def test_lvis_refuses_a_strange_url(url, convert, write):
    content = {**original(), 'images': [lvis(139, 'val2017')]}
    content['images'][0]['coco_url'] = url
    with pytest.raises(ValueError, match='`coco_url` of image 139'):
        convert('lvis', '--annotations', write(content))


def test_objects365_has_boxes_in_patches(convert, write, tmp_path, capsys):
    content = original()
    for number, entry in enumerate(content['images']):
        entry['file_name'] = (
            f'images/v{1 + number % 2}/patch8/objects365_{number}.jpg'
        )
    for annotation in content['annotations']:
        del annotation['segmentation']
        annotation['isfake'] = 0
    path = write(content)
    made = convert('objects365', '--annotations', path)
    assert [r['file_name'] for r in made['images']] == [
        f'patch8/objects365_{number}.jpg' for number in range(3)
    ]
    assert all('segmentation' not in r for r in made['annotations'])
    assert [r['iscrowd'] for r in made['annotations']] == [0, 0, 1]
    assert 'boxes only' in capsys.readouterr().out
    out = tmp_path / 'made' / 'objects365.json'
    assert len(load_ground_truth(out)[1]) == 3
    with pytest.raises(ValueError, match='1,240,587 are published'):
        convert('objects365', '--annotations', path, whole=True)


def uvo():
    content = original()
    for entry, name in zip(
        content['images'], ('a/3.png', 'a/33.png', 'b/3.png'), strict=True
    ):
        entry['file_name'] = name
    content['categories'] = [{'id': 1, 'name': 'object'}]
    for annotation in content['annotations']:
        annotation['category_id'] = 1
    return content


def test_uvo_keeps_the_folders_of_its_videos(convert, write):
    path = write(uvo())
    made = convert('uvo', '--annotations', path)
    check_labels(made)
    assert made['images'][2]['file_name'] == 'b/3.png'
    with pytest.raises(ValueError, match=r'3 images \(7,356 are published'):
        convert('uvo', '--annotations', path, whole=True)


def test_uvo_refuses_videos(convert, write):
    content = {key: [] for key in ('videos', 'annotations', 'categories')}
    with pytest.raises(ValueError, match=r'take UVO_frame_val\.json'):
        convert('uvo', '--annotations', write(content))
