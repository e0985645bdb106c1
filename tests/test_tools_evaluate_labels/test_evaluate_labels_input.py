"""What the command that measures pseudo-masks refuses, and says then."""

import json

import pytest
from helpers.evaluate_labels import (
    NUMBER,
    name_of,
    read,
    results,
    words,
    write_labels,
)

from mmcuts3d.labels import (
    begin_store,
    open_shard,
    open_store,
    write_records,
)


def test_missing_images_are_refused_or_counted(tool, data):
    run = write_labels(data / 'some.json', 0, range(1, 8))
    with pytest.raises(
        ValueError,
        match=r'some \(.*some\.json\): .*none of photo_0\.png, photo_8\.png',
    ):
        tool.main(words(data, run))
    assert not (data / 'out').exists()
    tool.main(words(data, run, allow_missing=True))
    words_of_it = 'some: images that are missing and count as empty: 2 of 9.'
    for name in ('evaluation.md', 'report.html'):
        assert words_of_it in read(data, name)
    metrics = read(data, 'evaluation.json')['runs'][0]['metrics']
    assert metrics['segm_AR100']['value'] == pytest.approx(100 * 7 / 8)


def test_other_images_are_refused(tool, data):
    extra = write_labels(data / 'extra.json', 0, range(NUMBER + 1))
    with pytest.raises(ValueError, match=r'others: photo_9\.png'):
        tool.main(words(data, extra))
    tool.main(words(data, extra, allow_missing=True))
    assert 'not have, left out: 1.' in read(data, 'evaluation.md')
    other = write_labels(data / 'other.json', 0, range(20, 28))
    with pytest.raises(
        ValueError, match='photo_23.png and 3 more. File names'
    ):
        tool.main(words(data, other, allow_missing=True))


def test_failed_images_are_pointed_at(tool, data):
    run = write_labels(data / 'store' / 'pseudo_labels.json', 0, range(8))
    errors = [{'file_name': name_of(8), 'error': 'no image'}]
    (data / 'store' / 'errors.json').write_text(json.dumps(errors))
    with pytest.raises(ValueError, match=r'not be labelled: .*errors\.json'):
        tool.main(words(data, run))


def sharded(folder, label_file):
    """The records of a label file as a Parquet store."""
    write_records(list(open_store(label_file)), folder, 'parquet')
    return str(folder)


def test_a_parquet_store_measures_as_its_label_file_does(tool, data):
    run = write_labels(data / 'moved.json', 1, range(NUMBER + 1))
    folder = sharded(data / 'moved', run)
    with pytest.raises(ValueError, match=r'others: photo_9\.png'):
        tool.main(words(data, folder))
    runs = [run, folder]
    for out, labels in zip(('file', 'folder'), runs, strict=True):
        tool.main(words(data, labels, out=out, allow_missing=True))
    found = [
        read(data, 'evaluation.json', out)['runs'][0]['metrics']
        for out in ('file', 'folder')
    ]
    assert found[0] == found[1]
    images = [read(data, 'images.csv', out) for out in ('file', 'folder')]
    assert images[0] == images[1] and len(images[0]) == NUMBER


def test_failed_images_of_a_parquet_store_are_pointed_at(tool, data):
    names = [name_of(number) for number in range(NUMBER)]
    records = open_store(write_labels(data / 'a.json', 0))
    with begin_store(data / 'store', names, 'x', 'parquet') as run:
        with open_shard(run.plan()[0]) as writer:
            for name in names[:-1]:
                writer.append(records.record(records.find(name)))
            writer.fail(names[-1], 'no image')
            with pytest.raises(ValueError, match='was stopped'):
                tool.main(words(data, data / 'store'))
            writer.seal()
        run.finish()
    with pytest.raises(ValueError, match=r'not be labelled: .*errors\.json'):
        tool.main(words(data, data / 'store'))


@pytest.mark.parametrize(
    'make,match',
    [
        (
            lambda data: write_labels(data / 'a.json', 0, size=(48, 65)),
            r'photo_8\.png to be of size \(48, 64\) .* got \(48, 65\)',
        ),
        (
            lambda data: results(data, ['image_id', 'score', 'bbox'], [7]),
            r'results\[0\]: .* ground truth, but got image id 7',
        ),
        (
            lambda data: results(data, ['image_id', 'bbox']),
            r"results\[0\]: .*without \['score'\]",
        ),
        (
            lambda data: results(data, ['image_id', 'score']),
            r'results\[0\] of .photo_0\.png.: .*`bbox` of four',
        ),
        (lambda data: str(data / 'nothing.json'), 'no file there'),
        (
            lambda data: str(data),
            r'labels\.json to be .*but got no file there',
        ),
        (lambda data: str(data / 'truth.json'), "'object'"),
    ],
)
def test_bad_runs_are_named(tool, data, make, match):
    with pytest.raises(ValueError, match=match):
        tool.main(words(data, make(data)))


def test_an_image_that_is_not_there(tool, data):
    run = write_labels(data / 'exact.json', 0)
    (data / 'images' / name_of(0)).unlink()
    with pytest.raises(ValueError, match=r'image at .*photo_0\.png'):
        tool.main(words(data, run))
    assert not (data / 'out').exists()
    tool.main([*words(data, run), '--pictures', '0'])
    assert '<img ' not in read(data, 'report.html')


@pytest.mark.parametrize(
    'more,match',
    [
        (['b', 'c'], 'one run or two, but got 3'),
        (['--names', 'x', 'y'], '--names: 1'),
        (['b', '--names', 'x', 'x'], 'two different'),
        (['--cfg-options', 'a=1'], 'no run is a config'),
        (['--pictures', '-1'], '--pictures: at least 0'),
        (['--max-drawn', '0'], '--max-drawn: at least 1'),
        (['--samples', '38'], '--samples: at least 39'),
        (['--level', '1'], '--level: between 0 and 1'),
        (['--names', 'a/b'], 'without "/"'),
    ],
)
def test_refuses_arguments(tool, capsys, more, match):
    rest = ['--ann', 'f', '--images', 'd', '--out', 'o']
    with pytest.raises(SystemExit):
        tool.parse_args(['a', *more, *rest])
    assert match in capsys.readouterr().err


def test_names_come_from_paths(tool):
    rest = ['--ann', 'f', '--images', 'd', '--out', 'o']
    for runs, names in (
        (['x/cuts3d/pseudo_labels.json', 'y/maskcut'], ['cuts3d', 'maskcut']),
        (['x/a.json', 'y/a.json'], ['a 1', 'a 2']),
    ):
        assert tool.parse_args([*runs, *rest]).names == names


def test_images_may_be_left_out_only_without_pictures(tool, capsys):
    rest = ['a.json', '--ann', 'f', '--out', 'o']
    with pytest.raises(SystemExit):
        tool.parse_args(rest)
    assert '--images is needed' in capsys.readouterr().err
    assert tool.parse_args([*rest, '--pictures', '0']).images is None


@pytest.mark.parametrize('score', [float('nan'), float('inf')])
def test_scores_that_are_not_finite_are_named(tool, data, score):
    run = results(data, ['image_id', 'score', 'bbox'])
    rows = json.loads((data / 'results.json').read_text())
    rows[2]['score'] = score
    (data / 'results.json').write_text(json.dumps(rows))
    with pytest.raises(
        ValueError,
        match=rf'results\[2\] of .photo_2\.png.: .*`score`.* but got {score}',
    ):
        tool.main(words(data, run))


def test_a_truth_without_images_is_named(tool, data):
    run = write_labels(data / 'exact.json', 0)
    empty = {'images': [], 'annotations': [], 'categories': []}
    (data / 'truth.json').write_text(json.dumps(empty))
    with pytest.raises(ValueError, match=r'truth\.json to list images'):
        tool.main(words(data, run))
