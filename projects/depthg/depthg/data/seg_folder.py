"""A folder of images, with or without label maps and depth."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from typing import Any, Literal, get_args

import numpy as np
from mmengine.dataset import BaseDataset

from mmcuts3d.files import as_path, first_few, image_size, list_images, shown
from mmcuts3d.models.depth import DepthFromFiles
from mmcuts3d.models.sidecar import SidecarFiles
from mmcuts3d.registry import DATASETS

from .geometry import NUM_CROPS
from .label_files import CLASSES_FILE, ClassList, lies_on_its_side

Crops = Literal['none', 'five']
#: Names for a folder that says nothing of its classes: it has no labels.
NO_CLASSES = ClassList(('unknown',))


@DATASETS.register_module()
class SegFolder(BaseDataset):
    """Images of a folder, each with its label map and its depth if given.

    A label map or depth map is the file of the same stem in its own folder,
    in the same sub-folder if images lie in some. All of them must be there,
    and label maps must have the size of their image: both are looked at
    before anything else. What is random in the pipeline is drawn from
    ``results['rng']``, which depends on ``seed`` and the number of the draw
    alone, see :class:`NumberedSampler`.

    Args:
        data_root (str): The folder.
        data_prefix (dict): Folders below it: ``img_path``, and
            ``seg_map_path`` and ``depth_path``, '' for none. Defaults to
            ``dict(img_path='images')``.
        ann_file (str): Text file of the images to take, one a line: paths
            below ``img_path``, with or without the ending. Defaults to '':
            all.
        classes (Sequence[str], optional): Names of the classes. Defaults to
            None: those of ``data_root/classes.json``, or none where there
            are no label maps.
        depth (dict, optional): What the depth files are, settings of
            :class:`~mmcuts3d.models.depth.DepthFromFiles`. Defaults to None:
            its defaults, 0 = nearest.
        crops (str): ``'five'`` makes five images of each, its corners and
            its middle (STEGO). Defaults to 'none'.
        recursive (bool): Whether images of sub-folders are taken. Defaults
            to False.
        seed (int): Of what is drawn. Defaults to 0.
        **kwargs: Of mmengine's ``BaseDataset``: ``pipeline``, ``indices``,
            ``test_mode`` and so on.

    Raises:
        ValueError: If the folder holds no image, a file is missing or of
            another size, or classes are not named; names files.
    """

    def __init__(
        self,
        data_root: str,
        data_prefix: Mapping[str, str] | None = None,
        ann_file: str = '',
        classes: Sequence[str] | None = None,
        depth: Mapping[str, Any] | None = None,
        crops: Crops = 'none',
        recursive: bool = False,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        if crops not in get_args(Crops):
            raise ValueError(
                f'Expected argument `crops` to be one of {get_args(Crops)}, '
                f'but got {crops!r}'
            )
        root = as_path(data_root, 'data_root')
        prefix = dict(data_prefix or dict(img_path='images'))
        known = ('img_path', 'seg_map_path', 'depth_path')
        if 'img_path' not in prefix or set(prefix) - set(known):
            raise ValueError(
                'Expected argument `data_prefix` to name img_path, and if '
                f'there are some {known[1]} and {known[2]}, but got '
                f'{sorted(prefix)}'
            )
        # mmengine would join '' to the root.
        prefix = {k: v for k, v in prefix.items() if v or k == known[0]}
        self.crops, self.recursive, self.seed = crops, recursive, seed
        labelled = bool(prefix.get('seg_map_path'))
        self.class_list = _classes(root, classes, labelled)
        self._depth_settings = dict(depth or {})
        self.depth_source: DepthFromFiles | None = None
        kwargs.setdefault('metainfo', {})
        kwargs['metainfo'] = {
            'classes': self.class_list.names,
            'palette': self.class_list.palette,
            **kwargs['metainfo'],
        }
        super().__init__(
            ann_file=str(ann_file),
            data_root=str(root),
            data_prefix=prefix,
            **kwargs,
        )

    def load_data_list(self) -> list[dict]:
        """List the images, and look for what belongs to them.

        Returns:
            list[dict]: ``img_path``, ``img_id``, ``file_name``,
            ``shares_stem``, ``seg_map_path`` or None, ``depth_path`` or
            None, and ``crop``, None or a number below 5.

        Raises:
            ValueError: See the class.
        """
        folder = Path(self.data_prefix['img_path'])
        names = self._names(folder)
        stems = Counter(PurePosixPath(name).stem for name in names)
        rows = [
            dict(
                img_path=str(folder / name),
                file_name=name,
                shares_stem=stems[PurePosixPath(name).stem] > 1,
            )
            for name in names
        ]
        self._add_labels(rows)
        self._add_depth(rows)
        data_list = []
        for row in rows:
            own = str(PurePosixPath(row['file_name']).with_suffix(''))
            if self.crops == 'none':
                data_list.append({**row, 'img_id': own, 'crop': None})
                continue
            for crop in range(NUM_CROPS):
                data_list.append(
                    {**row, 'img_id': f'{own}#{crop}', 'crop': crop}
                )
        return data_list

    def prepare_data(self, idx: int) -> Any:
        """Run the pipeline.

        Args:
            idx (int): Number of the draw: that of the image, plus a multiple
                of their number.

        Returns:
            Any: What the pipeline gives.
        """
        info = self.get_data_info(idx % len(self))
        info['rng'] = np.random.default_rng((self.seed, idx))
        info['depth_source'] = self.depth_source
        info['num_classes'] = len(self.class_list.names)
        return self.pipeline(info)

    def __iter__(self) -> Iterator[Any]:
        """The first draw of each image; without it draws have no end."""
        return (self[index] for index in range(len(self)))

    def _names(self, folder: Path) -> list[str]:
        listing = list_images(folder, self.recursive)
        names = listing.images
        if not names:
            note = listing.note()
            raise ValueError(
                f'Expected {shown(folder)} to hold images, but got none'
                f'{"; " if note else ""}{note}'
            )
        stems: dict[PurePosixPath, str] = {}
        for name in names:
            other = stems.setdefault(PurePosixPath(name).with_suffix(''), name)
            if other != name:
                raise ValueError(
                    f'Expected images of {shown(folder)} with different '
                    f'stems, but got {shown(other)} and {shown(name)}: label '
                    'and depth maps are found by the stem'
                )
        if not self.ann_file:
            return names
        return _listed(Path(self.ann_file), folder, names, stems)

    def _add_labels(self, rows: list[dict]) -> None:
        folder = self.data_prefix.get('seg_map_path')
        if not folder:
            for row in rows:
                row['seg_map_path'] = None
            return
        _look_up(rows, SidecarFiles(folder, '.png'), 'seg_map_path', 'label')
        for row in rows:
            size = image_size(row['img_path'])
            found = image_size(row['seg_map_path'])
            turned = lies_on_its_side(row['img_path'], size, found)
            if size != found and not turned:
                raise ValueError(
                    f'Expected {shown(row["seg_map_path"])} to have the size '
                    f'of its image {shown(row["img_path"])}, {size[0]} x '
                    f'{size[1]}, but got {found[0]} x {found[1]}'
                )

    def _add_depth(self, rows: list[dict]) -> None:
        folder = self.data_prefix.get('depth_path')
        if not folder:
            for row in rows:
                row['depth_path'] = None
            return
        source = DepthFromFiles(root=folder, **self._depth_settings)
        _look_up(rows, source.files, 'depth_path', 'depth')
        self.depth_source = source


def _classes(
    root: Path, names: Sequence[str] | None, labelled: bool
) -> ClassList:
    if names is not None:
        return ClassList(tuple(names))
    path = root / CLASSES_FILE
    if path.is_file():
        return ClassList.read(path)
    if labelled:
        raise ValueError(
            'Expected argument `classes`, the names of the classes of the '
            f'label maps, or a file {shown(path)}, but got neither'
        )
    return NO_CLASSES


def _look_up(
    rows: list[dict], files: SidecarFiles, key: str, what: str
) -> None:
    """Put the file of each image into its row; ValueError on missing ones."""
    missing, reason = [], ''
    for row in rows:
        try:
            row[key] = str(files.find(SimpleNamespace(**row)))
        except (ValueError, FileNotFoundError) as error:
            missing.append(row['file_name'])
            reason = reason or str(error)
    if missing:
        raise ValueError(
            f'Expected a {what} map for each image, but got none for '
            f'{len(missing)} of {len(rows)}: {first_few(missing)}. {reason}'
        )


def _listed(
    path: Path,
    folder: Path,
    names: list[str],
    stems: Mapping[PurePosixPath, str],
) -> list[str]:
    """The images of a list, in its order."""
    try:
        lines = path.read_text('utf-8').splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(
            f'Expected {shown(path)} to be a list of images, but got: '
            f'{shown(error)}'
        ) from error
    wanted = [line.strip() for line in lines if line.strip()]
    there = set(names)
    found = [
        name if name in there else stems.get(PurePosixPath(name))
        for name in wanted
    ]
    missing = [
        name for name, one in zip(wanted, found, strict=True) if one is None
    ]
    if missing or not wanted or len(set(found)) < len(found):
        twice = [n for n, c in Counter(wanted).items() if c > 1]
        told = f'{len(missing)} that are not there: {first_few(missing)}'
        if not wanted:
            told = 'an empty list'
        elif not missing:
            told = f'some twice: {first_few(twice)}'
        raise ValueError(
            f'Expected {shown(path)} to list images of {shown(folder)}, each '
            f'once, but got {told}'
        )
    return [name for name in found if name is not None]
