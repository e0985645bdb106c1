"""A cloud that turns, as files that others can play."""

import cv2
import numpy as np
import pytest
from helpers.browser import open_browser, open_page
from PIL import Image

from mmcuts3d.viewing import movie
from mmcuts3d.visualization import build_point_cloud

FRAMES, SIZE = 6, (64, 48)
PLAY = """(name) => new Promise((done) => {
    const video = document.createElement('video');
    video.onloadeddata = () => done([video.videoWidth, video.videoHeight]);
    video.onerror = () => done(video.error.message);
    video.muted = true;
    video.src = name;
})"""


@pytest.fixture
def cloud():
    depth = np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)
    return build_point_cloud(np.zeros((8, 8, 3), np.uint8), depth)


@pytest.fixture(autouse=True)
def rendered(monkeypatch):
    """Pictures without a renderer: brighter from frame to frame."""
    fronts = []

    def render(_cloud, directions, size, timeout):
        fronts.extend(directions)
        grey = np.linspace(40, 200, len(directions))
        return [np.full((*size[::-1], 3), g, np.uint8) for g in grey]

    monkeypatch.setattr(movie, 'render_frames', render)
    return fronts


def save(cloud, path):
    return movie.save_movie(cloud, path, frames=FRAMES, size=SIZE)


def greys(path):
    video, found = cv2.VideoCapture(str(path)), []
    while True:
        there, frame = video.read()
        if not there:
            return found
        found.append(frame.mean())


def test_it_turns_there_and_back(cloud, tmp_path, rendered):
    with Image.open(save(cloud, tmp_path / 'a' / 'cut.gif')) as image:
        assert (image.n_frames, image.size) == (FRAMES, SIZE)
        assert image.info['loop'] == 0
    assert len(rendered) == FRAMES // 2 + 1
    assert rendered[0][0] > 0.5 and rendered[-1][0] < -0.5
    found = greys(save(cloud, tmp_path / 'cut.mp4'))
    assert found[:4] == sorted(found[:4])
    assert found[4:] == pytest.approx([found[2], found[1]], abs=3)


def test_a_browser_plays_it(cloud, tmp_path):
    path = save(cloud, tmp_path / 'cut.mp4')
    if b'vp09' not in path.read_bytes():
        pytest.skip('this OpenCV has no writer of VP9')
    page_file = tmp_path / 'page.html'
    page_file.write_text('<title>movie</title>')
    with (
        open_browser() as browser,
        open_page(browser, page_file) as page,
    ):
        assert page.evaluate(PLAY, path.as_uri()) == list(SIZE)


def test_opencv_without_writers(cloud, tmp_path, monkeypatch):
    monkeypatch.setattr(movie, '_CODECS', ('none',))
    path = tmp_path / 'cut.mp4'
    with pytest.raises(OSError, match=r'cut\.mp4.*a \.gif'):
        save(cloud, path)
    assert not path.exists()


@pytest.mark.parametrize('frames', [0, 3])
def test_odd_numbers_of_frames_are_refused(cloud, tmp_path, frames):
    with pytest.raises(ValueError, match=f'even .* {frames}'):
        movie.save_movie(cloud, tmp_path / 'cut.gif', frames=frames)
