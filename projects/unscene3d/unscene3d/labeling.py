"""Pseudo-masks of many scenes, and where they were left."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mmcuts3d.files import shown
from mmcuts3d.files.whole_files import whole_file
from mmcuts3d.registry import MODELS

from .training.scene_labels import label_path, write_scene_labels
from .training.scene_sources import SceneSource

_SETTINGS = 'labeler.json'


def label_scenes(
    labeler: dict[str, Any],
    scenes: SceneSource,
    folder: str | Path,
    tell: Callable[[str], None] = print,
) -> int:
    """Label the scenes of a source that have no labels yet.

    What is stopped goes on where it was: a scene's file is whole or not
    there, and ``labeler.json`` holds the settings.

    Args:
        labeler (dict): Config of a :class:`SceneLabeler`.
        scenes (SceneSource): The scenes.
        folder (str | Path): Of the labels, see :func:`write_scene_labels`.
        tell (Callable): Takes a line for each scene. Defaults to print.

    Returns:
        int: Number of scenes that were labeled.

    Raises:
        ValueError: If the folder holds labels of other settings, or a scene
            cannot be labeled; names them.
    """
    folder = Path(folder)
    _check_settings(folder, labeler)
    wanted = [
        index
        for index, name in enumerate(scenes.names)
        if not label_path(folder, name).is_file()
    ]
    if not wanted:
        return 0
    label = MODELS.build(labeler)
    for done, index in enumerate(wanted, 1):
        scene = scenes[index]
        frames = scenes.frames(index) if label.needs_frames else ()
        found = label(scene, frames)
        write_scene_labels(folder, scene.name, found)
        tell(
            f'{done}/{len(wanted)} {shown(scene.name)}: {len(scene):,} '
            f'vertices, {len(found.segments)} segments, {len(found)} masks'
        )
    return len(wanted)


def _check_settings(folder: Path, labeler: dict[str, Any]) -> None:
    path = folder / _SETTINGS
    text = json.dumps(labeler, indent=1, sort_keys=True, default=str)
    if path.is_file():
        before = path.read_text('utf-8')
        if before != text:
            raise ValueError(
                f'Expected the settings of {shown(path)}, with which the '
                f'pseudo-masks there were made, but got others: {text}. Give '
                'another folder, or remove that one.'
            )
        return
    if any(folder.glob('*.npz')):
        return  # labels of another program, which has no settings of ours
    folder.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as file:
        file.write(text.encode())
