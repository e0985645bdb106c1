"""Where scenes come from: a folder of scans, or embedded rooms."""

import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from mmcuts3d.files import as_path, shown
from mmcuts3d.registry import DATASETS

from ..structures import Frame, Scene


class SceneSource(Protocol):
    """Scenes by index, and their names without reading them."""

    names: Sequence[str]

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> Scene: ...

    def frames(self, index: int) -> Sequence[Frame]:
        """Posed images of a scene."""


@DATASETS.register_module()
class RoomScenes:
    """Embedded rooms, which are made by code.

    Args:
        number (int): How many, at least 1.
        seed (int): Of the first; the others have the next ones. Defaults to
            0.
        settings (dict, optional): Of ``make_room``. Defaults to None: its
            own.

    Raises:
        ValueError: If there is no room.
    """

    def __init__(
        self,
        number: int,
        seed: int = 0,
        settings: dict[str, Any] | None = None,
    ) -> None:
        if number < 1:
            raise ValueError(
                f'Expected argument `number` to be at least 1, but got '
                f'{number}.'
            )
        self._settings = dict(settings or {})
        self._seed = seed
        written = json.dumps(self._settings, sort_keys=True)
        self._scenes = [_room(seed + step, written) for step in range(number)]
        self.names = [scene.name for scene in self._scenes]

    def __len__(self) -> int:
        return len(self._scenes)

    def __getitem__(self, index: int) -> Scene:
        return self._scenes[index]

    def frames(self, index: int) -> Sequence[Frame]:
        """The posed images of a room, which is made again for them."""
        from ..rooms import make_room

        return make_room(self._seed + index, **self._settings).frames


@lru_cache(maxsize=256)
def _room(seed: int, settings: str) -> Scene:
    """A room without its frames, made once in a process."""
    from ..rooms import make_room

    return make_room(seed, **json.loads(settings)).scene


@DATASETS.register_module()
class ScanFolder:
    """Scans of a folder, read when they are asked for.

    Args:
        folder (str): Where they lie.
        pattern (str): Of their names, in the grammar of ``Path.glob``, such
            as '*/*_vh_clean_2.ply' for ScanNet. Defaults to '*.ply'.
        ending (str): What the name of a scene does not have of the name of
            its file, beside the suffix. Defaults to ''.
        names_file (str, optional): A text file with the names of the scenes
            to take, one a line, such as a split. Defaults to None: all.
        settings (dict, optional): Of ``read_scene``. Defaults to None: its
            own.

    Raises:
        ValueError: If there is no such scan, or two of one name.
    """

    def __init__(
        self,
        folder: str,
        pattern: str = '*.ply',
        ending: str = '',
        names_file: str | None = None,
        settings: dict[str, Any] | None = None,
    ) -> None:
        root = as_path(folder, 'folder')
        paths = sorted(root.glob(pattern))
        if not paths:
            raise ValueError(
                f'Expected scans {pattern} in the folder {shown(root)}, but '
                f'got {"none" if root.is_dir() else "no such folder"}.'
            )
        found: dict[str, Path] = {}
        for path in paths:
            name = path.stem.removesuffix(ending)
            if name in found:
                raise ValueError(
                    f'Expected one scan for each name, but got '
                    f'{shown(found[name])} and {shown(path)}.'
                )
            found[name] = path
        self.names = list(found)
        if names_file is not None:
            self.names = _listed(as_path(names_file, 'names_file'), found)
        self._paths = [found[name] for name in self.names]
        self._settings = dict(settings or {})

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, index: int) -> Scene:
        from dataclasses import replace

        from ..scans import read_scene

        scene = read_scene(self._paths[index], **self._settings)
        return replace(scene, name=self.names[index])

    def frames(self, index: int) -> Sequence[Frame]:
        """The posed images beside a scan, see :func:`read_frames`.

        Raises:
            ValueError: If there are none.
        """
        from ..scans import read_frames

        return read_frames(self._paths[index].parent)


def _listed(path: Path, found: dict[str, Path]) -> list[str]:
    """The names in a file, all of which must be there."""
    try:
        lines = path.read_text('utf-8').split()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(
            f'Expected {shown(path)} to be a list of scenes, but got: '
            f'{shown(error)}'
        ) from error
    missing = [name for name in lines if name not in found]
    if missing or not lines:
        raise ValueError(
            f'{shown(path)}: expected names of scans that are there, but '
            f'{len(missing)} of {len(lines)} are not, the first is '
            f'{shown(missing[0]) if missing else "none"}.'
        )
    return lines
