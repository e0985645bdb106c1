"""Makes the class-agnostic ground truth of UVO's sparse val: boxes and masks.

The sparse set, three frames a video, is UVO's FrameSet: UVO_frame_val.json is
in COCO's form. VideoSparseSet holds the same masks in the form of videos,
which is refused. File names are the original's.
"""

from _class_agnostic import ClassAgnosticSet
from _originals import add_coco, read_coco, run
from _writing import make_parser

from mmcuts3d.cli.running import run_tool_main

# 7,356 frames of 2,452 videos (the kit guide of UVO v1.0). The number of
# annotations is not stated there, and not checked.
PUBLISHED = {'images': 7356}


def convert(annotations: str) -> ClassAgnosticSet:
    """Reads ``UVO_frame_val.json``.

    Args:
        annotations (str): The file.

    Returns:
        ClassAgnosticSet: The set.

    Raises:
        ValueError: If it is broken, or one of the sets of videos.
    """
    try:
        content = read_coco(annotations)
    except ValueError as error:
        if "'videos'" in str(error):
            raise ValueError(
                f"{error} UVO's sets of videos are not read; "
                'take UVO_frame_val.json of FrameSet.'
            ) from error
        raise
    converted = ClassAgnosticSet(
        'UVO sparse val', content['categories'], masks=True
    )
    add_coco(converted, content, annotations)
    return converted


def main(arguments: list[str] | None = None) -> int:
    """Writes the class-agnostic file."""
    parser = make_parser(
        __doc__,
        __file__,
        '--annotations data/uvo/annotations/UVO_frame_val.json',
        '--images data/uvo/uvo_videos_sparse_frames',
        '--out data/uvo/annotations/frame_val_class-agnostic.json',
    )
    return run(arguments, parser, 'UVO_frame_val.json', convert, PUBLISHED)


if __name__ == '__main__':
    run_tool_main(main)
