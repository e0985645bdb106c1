"""A small original in COCO's form for the tests of converters."""

HEIGHT, WIDTH = 30, 40
CATEGORIES = [
    {'id': 3, 'name': 'car', 'supercategory': 'vehicle'},
    {'id': 18, 'name': 'dog'},
]
#: All of COCO's forms of a mask: polygons, and run lengths of a crowd.
POLYGON = [[4, 5, 24, 5, 24, 15, 4, 15], [30, 5, 34, 5, 34, 9, 30, 9]]
COUNTS = [10 * HEIGHT, 2 * HEIGHT, (WIDTH - 12) * HEIGHT]


def image(number, **more):
    size = {'height': HEIGHT, 'width': WIDTH}
    return {'id': number, 'file_name': f'{number:012}.jpg', **size, **more}


def row(number, image_id, category_id=3, **more):
    return {
        'id': number,
        'image_id': image_id,
        'category_id': category_id,
        'bbox': [4.0, 5.0, 30.0, 10.0],
        'area': 216.0,
        'iscrowd': 0,
        'segmentation': POLYGON,
        **more,
    }


def crowd(number, image_id):
    counts = {'size': [HEIGHT, WIDTH], 'counts': COUNTS}
    box = [10.0, 0.0, 2.0, float(HEIGHT)]
    return row(
        number,
        image_id,
        18,
        iscrowd=1,
        bbox=box,
        area=60,
        segmentation=counts,
    )


def original():
    return {
        'info': {'year': 2017},
        'images': [image(139), image(285), image(632)],
        'annotations': [row(11, 139), row(7, 285, 18), crowd(5, 285)],
        'categories': CATEGORIES,
    }
