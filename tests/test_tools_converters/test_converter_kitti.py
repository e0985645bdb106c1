"""KITTI's object set, from its label files."""

import pytest

from mmcuts3d.evaluation import load_ground_truth

REST = '1.65 1.67 3.64 -0.65 1.71 46.70 -1.59'
CAR = f'Car 0.00 0 -1.58 10.50 5.00 20.00 25.50 {REST}'
VAN = f'Van 0.50 1 -1.58 0.00 0.00 40.00 30.00 {REST}'
NOBODY = (
    'DontCare -1 -1 -10 3.00 4.00 8.00 9.00 -1 -1 -1 -1000 -1000 -1000 -10'
)


@pytest.fixture
def root(tmp_path, picture):
    root = tmp_path / 'training'
    labels = {'000000': [CAR, NOBODY, VAN], '000003': [], '000007': [CAR]}
    (root / 'label_2').mkdir(parents=True)
    for number, (stem, lines) in enumerate(labels.items()):
        # KITTI's images have several sizes.
        picture(root / 'image_2' / f'{stem}.png', 30, 40 + number)
        text = '\n'.join([*lines, ''])
        (root / 'label_2' / f'{stem}.txt').write_text(text)
    return root


def test_all_types_become_one_class(convert, root, tmp_path, capsys):
    made = convert('kitti', '--root', root)
    assert made['images'] == [
        {'id': 1, 'file_name': '000000.png', 'height': 30, 'width': 40},
        {'id': 2, 'file_name': '000003.png', 'height': 30, 'width': 41},
        {'id': 3, 'file_name': '000007.png', 'height': 30, 'width': 42},
    ]
    rows = made['annotations']
    assert [row['image_id'] for row in rows] == [1, 1, 1, 3]
    assert rows[0]['bbox'] == [10.5, 5, 9.5, 20.5]
    assert rows[0]['area'] == 9.5 * 20.5
    assert [row['iscrowd'] for row in rows] == [0, 1, 0, 0]
    names = {row['id']: row['name'] for row in made['original_categories']}
    assert [names[row['original_category_id']] for row in rows] == [
        'Car',
        'DontCare',
        'Van',
        'Car',
    ]
    output = capsys.readouterr()
    assert '3 objects and 1 crowds in 3 images, 2 of them' in output.out
    assert '4 annotations (51,865 are published)' in output.err
    assert len(load_ground_truth(tmp_path / 'made' / 'kitti.json')[1]) == 4


def test_dont_care_may_be_dropped(convert, root):
    made = convert('kitti', '--root', root, '--ignored', 'drop')
    assert len(made['annotations']) == 3
    assert made['info']['dropped'] == {'DontCare': 1}


def test_the_count_is_checked(convert, root, whole):
    with pytest.raises(ValueError, match=r'3 images \(7,481 .* 1 ignored'):
        convert('kitti', '--root', root, whole=True)
    whole('kitti', images=3, annotations=4, ignored=1)
    convert('kitti', '--root', root, whole=True)


@pytest.mark.parametrize(
    'line',
    [
        'Car 0.00 0 -1.58 10.50 5.00 20.00',
        CAR + ' 0.9',  # a result, with a score
        CAR.replace('Car', 'Tricycle'),
        CAR.replace('20.00', 'x'),
    ],
)
def test_a_broken_line_is_named(line, convert, root):
    path = root / 'label_2' / '000007.txt'
    path.write_text(f'{CAR}\n{line}\n')
    with pytest.raises(ValueError, match=r'line 2 of .*000007\.txt to be an'):
        convert('kitti', '--root', root)


def test_infinite_sides_are_named(convert, root):
    path = root / 'label_2' / '000007.txt'
    path.write_text(CAR.replace('20.00', 'inf'))
    with pytest.raises(ValueError, match=r'box of line 1 of .*000007\.txt'):
        convert('kitti', '--root', root)


@pytest.mark.parametrize(
    'name,words',
    [
        ('image_2/000003.png', r'an image at .*000003\.png'),
        ('label_2/000003.txt', r'000003\.png to have labels'),
    ],
)
def test_what_is_missing_is_named(name, words, convert, root):
    (root / name).unlink()
    with pytest.raises(ValueError, match=words):
        convert('kitti', '--root', root)


def test_empty_folders_are_named(convert, root):
    for path in (root / 'image_2').iterdir():
        path.unlink()
    with pytest.raises(ValueError, match=r'image_2 to hold \*\.png'):
        convert('kitti', '--root', root)
    with pytest.raises(ValueError, match=r'none/label_2 to hold \*\.txt'):
        convert('kitti', '--root', root / 'none')
