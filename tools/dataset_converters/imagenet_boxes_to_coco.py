"""Makes a COCO file of ImageNet's boxes, all of one category.

    python tools/dataset_converters/imagenet_boxes_to_coco.py
        --images data/imagenet/val --boxes data/imagenet/boxes/val
        --out data/imagenet/annotations/val_boxes.json

The ground truth of pseudo-masks measured as boxes (CutS3D, supplement, Table
6). --boxes is the folder of ILSVRC's XML files (CLS-LOC), --images that of
the pictures; both may have sub-folders.
"""

import argparse
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from mmcuts3d.cli.running import add_examples, run_tool_main

IMAGE_SUFFIXES = ('.jpeg', '.jpg', '.png')


def parse_args(arguments: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--images', required=True, help='image folder')
    parser.add_argument('--boxes', required=True, help='folder of XML files')
    parser.add_argument('--out', required=True, help='the COCO file')
    add_examples(
        parser,
        'tools/dataset_converters/imagenet_boxes_to_coco.py \\\n'
        '--images data/imagenet/val --boxes data/imagenet/boxes \\\n'
        '--out val.json',
    )
    return parser.parse_args(arguments)


def read_boxes(path: Path) -> tuple[int, int, list[list[float]]]:
    """Reads one XML file.

    Args:
        path (Path): The file.

    Returns:
        tuple: Height and width of the image, and its boxes as x, y, width,
        height in pixels.

    Raises:
        ValueError: If it is no such file; names it.
    """
    try:
        root = ElementTree.parse(path).getroot()
        height = int(root.findtext('size/height', ''))
        width = int(root.findtext('size/width', ''))
        corners = [
            [float(box.findtext(key, '')) for key in ('xmin', 'ymin')]
            + [float(box.findtext(key, '')) for key in ('xmax', 'ymax')]
            for box in root.iterfind('object/bndbox')
        ]
    except (ElementTree.ParseError, ValueError) as error:
        raise ValueError(
            f'Expected {path} to be an XML file with `size` and boxes, but '
            f'got: {error}'
        ) from error
    return height, width, [[a, b, c - a, d - b] for a, b, c, d in corners]


def convert(images: Path, boxes: Path) -> dict:
    """Joins images and boxes by their stems.

    Args:
        images (Path): Folder of the images.
        boxes (Path): Folder of the XML files.

    Returns:
        dict: COCO; file names are relative to ``images``, images without
        boxes are left out.

    Raises:
        ValueError: If an XML file is broken or its image is missing, or
            there is none.
    """
    files = {
        path.stem: path.relative_to(images).as_posix()
        for path in sorted(images.rglob('*'))
        if path.suffix.lower() in IMAGE_SUFFIXES
    }
    rows: list[dict] = []
    annotations: list[dict] = []
    for path in sorted(boxes.rglob('*.xml')):
        if path.stem not in files:
            raise ValueError(
                f'Expected the image of {path} to be in {images}, but got '
                'none of that name.'
            )
        height, width, found = read_boxes(path)
        if not found:
            continue
        rows.append(
            {
                'id': len(rows) + 1,
                'file_name': files[path.stem],
                'height': height,
                'width': width,
            }
        )
        annotations += [
            {
                'id': len(annotations) + number,
                'image_id': len(rows),
                'category_id': 1,
                'bbox': box,
                'area': box[2] * box[3],
                'iscrowd': 0,
            }
            for number, box in enumerate(found, start=1)
        ]
    if not rows:
        raise ValueError(
            f'Expected {boxes} to hold XML files with boxes, but got none.'
        )
    return {
        'images': rows,
        'annotations': annotations,
        'categories': [{'id': 1, 'name': 'object'}],
    }


def main(arguments: list[str] | None = None) -> int:
    """Writes the COCO file."""
    args = parse_args(arguments)
    from mmcuts3d.labels import write_json

    content = convert(Path(args.images), Path(args.boxes))
    out = Path(args.out)
    out.parent.mkdir(parents=True, exist_ok=True)
    write_json(out, content)
    number = len(content['annotations'])
    print(f'{out}: {number} boxes in {len(content["images"])} images')
    return 0


if __name__ == '__main__':
    run_tool_main(main)
