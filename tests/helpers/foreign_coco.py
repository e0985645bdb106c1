"""A small COCO file, to be changed as other tools write it."""

import json

SIZE = (60, 80)
SQUARES = ((8, 10, 24, 30), (44, 14, 26, 34))
NAMES = ('plain.png', 'with space.png', 'caf\u00e9.png')


def polygon(x, y, width, height):
    right, bottom = x + width, y + height
    return [[x, y, right, y, right, bottom, x, bottom]]


def foreign(names=NAMES, first_id=1):
    """Two squares in each image, with polygons."""
    images, annotations = [], []
    for number, name in enumerate(names, first_id):
        images.append(
            {
                'id': number,
                'file_name': name,
                'height': SIZE[0],
                'width': SIZE[1],
            }
        )
        for box in SQUARES:
            annotations.append(
                {
                    'id': len(annotations) + 1,
                    'image_id': number,
                    'category_id': 1,
                    'bbox': list(box),
                    'area': box[2] * box[3],
                    'iscrowd': 0,
                    'segmentation': polygon(*box),
                }
            )
    return {
        'images': images,
        'annotations': annotations,
        'categories': [{'id': 1, 'name': 'object'}],
    }


def change(content, path, value):
    """Set what stands at a path of keys; ``...`` takes it away."""
    *keys, last = path
    for key in keys:
        content = content[key]
    if value is ...:
        del content[last]
    else:
        content[last] = value


def changed(changes, **settings):
    content = foreign(**settings)
    for path, value in changes.items():
        change(content, path, value)
    return content


def write(path, content):
    path.write_text(json.dumps(content))
    return path
