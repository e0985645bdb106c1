"""OpenImages v6, from its CSV files."""

import pytest

from mmcuts3d.evaluation import load_ground_truth

HEADER = (
    'ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,'
    'IsOccluded,IsTruncated,IsGroupOf,IsDepiction,IsInside'
)
CLASSES = '/m/011k07,Tortoise\n/m/0120dh,"Sea, turtle"\n'


def line(stem, box, label='/m/0120dh', group=0):
    x1, y1, x2, y2 = box
    return f'{stem},xclick,{label},1,{x1},{x2},{y1},{y2},0,0,{group},1,0'


LINES = [
    line('b', (0.25, 0.5, 0.5, 1)),
    line('b', (0, 0, 0.999, 1), group=1),
    line('a', (0.5, 0, 1, 0.5), label='/m/011k07', group=-1),
]


@pytest.fixture
def words(tmp_path, picture):
    """The command line of three images, one without boxes."""
    folder = tmp_path / 'validation'
    picture(folder / 'b.jpg', 30, 40)
    picture(folder / 'c.jpg', 30, 40)
    # On its side in the file: 40 high and 30 wide when upright.
    picture(folder / 'a.jpg', 30, 40, orientation=8)
    boxes = tmp_path / 'boxes.csv'
    boxes.write_text('\n'.join([HEADER, *LINES, '']))
    (tmp_path / 'classes.csv').write_text(CLASSES)
    return [
        *('--boxes', boxes, '--images', folder),
        *('--classes', tmp_path / 'classes.csv'),
    ]


def test_boxes_become_pixels(convert, words, tmp_path, capsys):
    made = convert('openimages', *words)
    assert [
        (row['file_name'], row['height'], row['width'])
        for row in made['images']
    ] == [('a.jpg', 40, 30), ('b.jpg', 30, 40), ('c.jpg', 30, 40)]
    rows = made['annotations']
    assert [row['image_id'] for row in rows] == [2, 2, 1]
    assert rows[0]['bbox'] == [10, 15, 10, 15]
    assert rows[1]['bbox'] == pytest.approx([0, 0, 39.96, 30])
    assert rows[2]['bbox'] == [15, 0, 15, 20]
    assert [row['iscrowd'] for row in rows] == [0, 1, 0]
    assert [row['original_category_id'] for row in rows] == [2, 2, 1]
    assert made['original_categories'] == [
        {'id': 1, 'name': 'Tortoise'},
        {'id': 2, 'name': 'Sea, turtle'},
    ]
    output = capsys.readouterr().out
    assert '2 objects and 1 crowds in 3 images, 2 of them' in output
    out = tmp_path / 'made' / 'openimages.json'
    assert len(load_ground_truth(out)[1]) == 3


def test_groups_may_be_objects(convert, words):
    made = convert('openimages', *words, '--ignored', 'object')
    assert [row['iscrowd'] for row in made['annotations']] == [0, 0, 0]
    assert made['info']['read']['ignored'] == 1


def test_classes_may_have_a_header(convert, words, tmp_path):
    text = 'LabelName,DisplayName\n' + CLASSES
    (tmp_path / 'classes.csv').write_text(text)
    made = convert('openimages', *words)
    assert len(made['original_categories']) == 2


def test_the_count_is_checked(convert, words, whole):
    with pytest.raises(
        ValueError, match=r'3 images \(41,620 .* 3 annotations \(303,980 are'
    ):
        convert('openimages', *words, whole=True)
    whole('openimages', images=3, annotations=3)
    convert('openimages', *words, whole=True)


@pytest.mark.parametrize(
    'text,expected',
    [
        ('', r"boxes\.csv to be .* no column \['ImageID'"),
        (HEADER.replace('XMax', 'X') + '\n', r"no column \['XMax'\]"),
        (f'{HEADER}\n{LINES[0]}\nb,xclick\n', 'line 3'),
        (f'{HEADER}\n{LINES[0].replace("0.25", "x")}\n', 'line 2'),
        (f'{HEADER}\n{LINES[0].replace("0.25", "7")}\n', 'line 2: sides'),
        (f'{HEADER}\n{LINES[0].replace("0.25", "nan")}\n', 'line 2: sides'),
        (
            f'{HEADER}\n{line("b", (0, 0, 1, 1), label="/m/x")}\n',
            r"line 2 of .*boxes\.csv .* got '/m/x'",
        ),
        (
            f'{HEADER}\n{line("d", (0, 0, 1, 1))}\n',
            r'got 1 less, such as d\.jpg',
        ),
    ],
)
def test_wrong_boxes_are_named(text, expected, convert, words, tmp_path):
    (tmp_path / 'boxes.csv').write_text(text)
    with pytest.raises(ValueError, match=expected):
        convert('openimages', *words)


@pytest.mark.parametrize(
    'text,expected',
    [
        ('', 'an empty file'),
        ('/m/1,Tortoise\n/m/1,Turtle\n', 'line 2'),
        ('/m/1\n', 'line 1'),
    ],
)
def test_wrong_classes_are_named(text, expected, convert, words, tmp_path):
    (tmp_path / 'classes.csv').write_text(text)
    with pytest.raises(ValueError, match=rf'classes\.csv .*{expected}'):
        convert('openimages', *words)


def test_missing_files_are_named(convert, words, tmp_path):
    for name in ('boxes', 'classes'):
        (tmp_path / f'{name}.csv').unlink()
        with pytest.raises(ValueError, match=rf'{name}\.csv to be a list'):
            convert('openimages', *words)


def test_a_broken_image_is_named(convert, words, tmp_path):
    (tmp_path / 'validation' / 'c.jpg').write_text('')
    with pytest.raises(ValueError, match=r'c\.jpg to be an image'):
        convert('openimages', *words)


def test_an_empty_folder_is_named(convert, words, tmp_path):
    for path in (tmp_path / 'validation').iterdir():
        path.unlink()
    with pytest.raises(ValueError, match=r'validation to hold \*\.jpg'):
        convert('openimages', *words)
