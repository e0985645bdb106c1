"""The sheet of clusters."""

import numpy as np
import pytest
from PIL import Image

from mmcuts3d.visualization.drawing import instance_colors
from projects.ssl_instances.ssl_instances.analysis import MaskJob, StudyImages
from projects.ssl_instances.ssl_instances.backbones import find_source
from projects.ssl_instances.ssl_instances.pictures import (
    OPACITY,
    choose_images,
    draw_clusters,
    draw_sheet,
)
from projects.ssl_instances.tests.made_images import make_images


def test_clusters_have_colours_and_borders():
    labels = np.array([[0, 0], [0, 1]])
    image = np.full((8, 8, 3), 90, np.uint8)
    drawn = draw_clusters(image, labels)
    first, second = instance_colors(2)
    mixed = np.round((1 - OPACITY) * 90 + OPACITY * first).astype(np.uint8)
    assert (drawn[0, 0] == mixed).all() and (drawn[3, 3] == mixed).all()
    mixed = np.round((1 - OPACITY) * 90 + OPACITY * second).astype(np.uint8)
    assert (drawn[7, 7] == mixed).all()
    assert (drawn[4, 4:] == 255).all() and (drawn[4:, 4] == 255).all()
    assert (drawn[4, :4] != 255).all()
    assert (image == 90).all()


@pytest.fixture
def folder(tmp_path):
    return make_images(tmp_path / 'set', number=4)


@pytest.mark.parametrize('annotated', [True, False])
def test_sheet(folder, tmp_path, annotated):
    ann = folder / 'instances.json' if annotated else None
    job = MaskJob(StudyImages(folder / 'images', ann), (2, 3))
    sources = [find_source(f'files:{folder / "maps"}')]
    chosen = choose_images(job.images, 2)
    path, missing = draw_sheet(job, sources, chosen, tmp_path / 'a' / 'b.png')
    assert not missing
    with Image.open(path) as sheet:
        drawn = np.asarray(sheet.convert('RGB'))
    # Two rows of three panels of 60 x 48 pixels, a name above each row.
    assert drawn.shape[0] == 2 * (32 + 26 + 48) + 14 + 8
    assert drawn.shape[1] == 3 * 160 + 2 * 8 + 2 * 8
    assert (drawn[:32] < 128).any() and (drawn[106:120] == 255).all()
    panel = drawn[58:106, 344:404]
    assert len(np.unique(panel.reshape(-1, 3), axis=0)) > 20


def test_what_cannot_be_drawn_is_named(folder, tmp_path):
    job = MaskJob(StudyImages(folder / 'images'), (2,))
    (folder / 'maps' / '1.npz').unlink()
    source = find_source(f'files:{folder / "maps"}')
    path, missing = draw_sheet(
        job, [source], list(job.images), tmp_path / 'sheet.jpg'
    )
    assert path.exists() and list(missing) == [f'1.png, {source.title}']
    for name in '023':
        (folder / 'maps' / f'{name}.npz').unlink()
    with pytest.raises(ValueError, match=r'can be drawn, but got .*0\.png'):
        draw_sheet(job, [source], list(job.images), tmp_path / 'none.png')


def test_images_with_several_of_a_class_come_first(folder):
    images = StudyImages(folder / 'images', folder / 'instances.json')
    images.truth = [
        row
        for row in images.truth
        if row['image_id'] in (8, 10) or row['category_id'] == 2
    ]
    assert [one.id for one in choose_images(images, 2)] == [8, 10]
    assert len(choose_images(images, 3)) == 3
    assert len(choose_images(images, 9)) == 4
