"""Literal readings of the border rule and of NMS, patch by patch."""

from mmcuts3d.cuts import mask_iou


def on_border_slowly(mask):
    height, width = mask.shape
    return sum(
        mask[y, x]
        for y in range(height)
        for x in range(width)
        if y in (0, height - 1) or x in (0, width - 1)
    )


def nms_slowly(masks, scores, max_iou):
    """Greedy, pair by pair, as a textbook has it."""
    order = sorted(range(len(masks)), key=lambda i: (-scores[i], i))
    kept = []
    for place in order:
        if all(
            mask_iou(masks[place], masks[other]) <= max_iou for other in kept
        ):
            kept.append(place)
    return kept
