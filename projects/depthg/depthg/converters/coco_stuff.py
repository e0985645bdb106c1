"""COCO-Stuff 27: COCO's images with 27 classes of things and stuff.

Label maps are those of COCO-Stuff 164k (Caesar et al., CVPR 2018): id - 1 of
182 ids, eleven of which are of no pixel, and 255. The 27 classes are its
supercategories, in the order of IIC (Ji et al., ICCV 2019), which PiCIE, STEGO
and DepthG keep.
"""

from pathlib import Path

import numpy as np

from mmcuts3d.files import shown

from ..data import ClassList, read_label_map
from .writing import SetWriter, files_of, first_folder, map_values

#: Supercategory to the ids of its members, from 1 to 182.
MEMBERS: dict[str, tuple[int, ...]] = {
    'electronic': tuple(range(72, 78)),
    'appliance': tuple(range(78, 84)),
    'food': tuple(range(52, 62)),
    'furniture': tuple(range(62, 72)),
    'indoor': tuple(range(84, 92)),
    'kitchen': tuple(range(44, 52)),
    'accessory': tuple(range(26, 34)),
    'animal': tuple(range(16, 26)),
    'outdoor': tuple(range(10, 16)),
    'person': (1,),
    'sports': tuple(range(34, 44)),
    'vehicle': tuple(range(2, 10)),
    'ceiling': (102, 103),
    'floor': (101, *range(114, 119)),
    'food-stuff': (121, 122, 153, 170),
    'furniture-stuff': (
        *(98, 107, 108, 110, 112, 123, 130, 133, 156, 161, 165),
    ),
    'raw-material': (100, 132, 139, 143),
    'textile': (*(92, 93, 104, 105, 109, 131, 137, 141, 152, 167, 168),),
    'wall': tuple(range(171, 178)),
    'window': (180, 181),
    'building': (95, 96, 128, 151, 158, 166),
    'ground': (*(111, 125, 126, 136, 140, 144, 145, 147, 149, 154, 159),),
    'plant': (94, 97, 119, 124, 129, 134, 142, 163, 169),
    'sky': (106, 157),
    'solid': (127, 135, 150, 160, 162, 182),
    'structural': (99, 113, 138, 146, 164),
    'water': (120, 148, 155, 178, 179),
}
CLASSES = ClassList(tuple(MEMBERS))
#: IIC's choice of images with mostly stuff, which PiCIE and STEGO measure.
CURATED = 'Coco164kFull_Stuff_Coarse_7.txt'
_SPLITS = {'train': 'train2017', 'val': 'val2017'}


def class_table() -> np.ndarray:
    """(256,) int64: value of a label map to class, 255 or -1 for no value."""
    table = np.full(256, -1, np.int64)
    for number, ids in enumerate(MEMBERS.values()):
        table[np.array(ids) - 1] = number
    table[255] = 255
    return table


def convert_coco_stuff(
    source: Path, target: Path, all_images: bool = False
) -> dict[str, int]:
    """Convert COCO-Stuff 164k.

    Args:
        source (Path): With ``images/train2017`` or ``train2017``;
            ``annotations/train2017``, ``stuffthingmaps/train2017`` or
            ``labels/train2017``; and, unless ``all_images``,
            ``curated/train2017/Coco164kFull_Stuff_Coarse_7.txt``; likewise
            of val2017.
        target (Path): DST.
        all_images (bool): Whether to take all, and not those of the list.
            Defaults to False.

    Returns:
        dict[str, int]: Images of each split.

    Raises:
        ValueError: If something is missing or no label map; names it.
    """
    writer = SetWriter(target, CLASSES)
    table = class_table()
    for split, folder in _SPLITS.items():
        images = first_folder(source, (f'images/{folder}', folder))
        labels = first_folder(
            source,
            tuple(
                f'{kind}/{folder}'
                for kind in ('annotations', 'stuffthingmaps', 'labels')
            ),
        )
        for image in _chosen(source, folder, images, all_images):
            path = labels / f'{image.stem}.png'
            values = map_values(read_label_map(path), table, path)
            writer.add(split, image.stem, image, values, source=str(path))
    return writer.finish()


def _chosen(
    source: Path, folder: str, images: Path, all_images: bool
) -> list[Path]:
    if all_images:
        return files_of(images, '*.jpg')
    listing = source / 'curated' / folder / CURATED
    if not listing.is_file():
        raise ValueError(
            f'Expected {shown(listing)}, the images that IIC, PiCIE and STEGO '
            'measure, but got no such file: it comes with their data; '
            '--all-images takes all images'
        )
    names = listing.read_text('utf-8').split()
    paths = [images / f'{name}.jpg' for name in names]
    missing = [path for path in paths if not path.is_file()]
    if missing or not paths:
        raise ValueError(
            f'Expected {shown(images)} to hold the {len(paths)} images of '
            f'{shown(listing)}, but {len(missing)} are not there'
            + (f': {missing[0].name}' if missing else '')
        )
    return paths
