"""Images as rows of a Parquet table, and back.

One row an image. Each column of masks holds one value a mask: run-length
codes as bytes, areas, scores, flags and raw confidence levels of the patches,
one byte each, with their height; boxes hold four. A failed image has its
reason in ``error``. What has no column of its own is JSON in ``extra``.
"""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..confidence import CONFIDENCE_SCALE, decode_levels, encode_confidence
from ..records import CATEGORY_ID, ImageRecord

#: A record, or name and message of an image that failed.
Row = ImageRecord | tuple[str, str]

IMAGE_COLUMNS = ('key', 'image_id', 'height', 'width', 'error')
LIGHT_COLUMNS = ('areas', 'scores', 'boxes', 'crowds', 'extra')
MASK_COLUMNS = ('counts', *LIGHT_COLUMNS, 'levels', 'levels_height')
BARE_COLUMNS = (*IMAGE_COLUMNS, 'counts', *LIGHT_COLUMNS)


def pyarrow() -> Any:
    """The package pyarrow with its Parquet part.

    Raises:
        ImportError: If it is not installed; says how to.
    """
    try:
        import pyarrow  # type: ignore[import-untyped]
        import pyarrow.parquet  # type: ignore[import-untyped]
    except ImportError as error:
        raise ImportError(
            'Label stores of the backend parquet need pyarrow: pip install '
            "pyarrow. Or take the backend 'jsonl', for sets of some thousand "
            'images.'
        ) from error
    return pyarrow


def to_array(column: Any) -> npt.NDArray[Any]:
    """A column of numbers as an array.

    pyarrow's own ``to_numpy`` imports pandas, where that is installed: half
    a second and 60 MB.

    Args:
        column (pyarrow.Array or ChunkedArray): N numbers, none of them null.

    Returns:
        ndarray: (N,), perhaps a view of the column's memory.
    """
    chunks = column.chunks if hasattr(column, 'chunks') else [column]
    kind = np.dtype(column.type.to_pandas_dtype())
    parts = [
        np.frombuffer(chunk.buffers()[1], kind)[chunk.offset :][: len(chunk)]
        for chunk in chunks
        if len(chunk)
    ]
    if len(parts) == 1:
        return parts[0]
    return np.concatenate([np.zeros(0, kind), *parts])


def schema() -> Any:
    """Columns of a shard and their types."""
    pa = pyarrow()
    per_image = {
        'key': pa.string(),
        'image_id': pa.int64(),
        'height': pa.int32(),
        'width': pa.int32(),
        'error': pa.string(),
    }
    per_mask = {
        'counts': pa.binary(),
        'areas': pa.float64(),
        'scores': pa.float64(),
        'boxes': pa.float64(),
        'crowds': pa.int8(),
        'extra': pa.string(),
        'levels': pa.binary(),
        'levels_height': pa.int32(),
    }
    fields = list(per_image.items())
    fields += [(name, pa.list_(kind)) for name, kind in per_mask.items()]
    return pa.schema(fields)


def to_table(rows: Sequence[Row]) -> Any:
    """Make a table of images.

    Args:
        rows (Sequence): Records, or name and message of a failed image.

    Returns:
        pyarrow.Table: One row each.

    Raises:
        ValueError: If a mask is no run-length code of its image's size.
    """
    return pyarrow().Table.from_pylist(
        [_encode(row) for row in rows], schema=schema()
    )


def to_row(values: dict[str, Any]) -> Row:
    """A record from its values.

    Args:
        values (dict): Those of one row, by column; ``levels`` may be absent.
            They stay as they are.

    Returns:
        ImageRecord | tuple: A record, or name and message.
    """
    if values['error'] is not None:
        return values['key'], values['error']
    size = [values['height'], values['width']]
    annotations = []
    for number in range(len(values['counts'])):
        mask = {
            name: values[name][number]
            for name in MASK_COLUMNS
            if name in values and name != 'boxes'
        }
        mask['boxes'] = values['boxes'][4 * number : 4 * number + 4]
        annotations.append(_decode_mask(mask, size))
    height, width = size
    return ImageRecord(
        values['key'], height, width, values['image_id'], annotations
    )


def to_rows(table: Any) -> list[Row]:
    """Undo :func:`to_table`.

    Args:
        table (pyarrow.Table): Rows with all columns.

    Returns:
        list: Records, or name and message.
    """
    return [to_row(values) for values in table.to_pylist()]


def _encode(row: Row) -> dict[str, Any]:
    values: dict[str, Any] = {name: [] for name in MASK_COLUMNS}
    if not isinstance(row, ImageRecord):
        return {**values, 'key': row[0], 'error': row[1]}
    values.update(
        key=row.file_name,
        image_id=row.image_id,
        height=row.height,
        width=row.width,
    )
    for annotation in row.annotations:
        for name, value in _encode_mask(annotation, row).items():
            if name == 'boxes':
                values[name].extend(value)
            else:
                values[name].append(value)
    return values


def _encode_mask(
    annotation: dict[str, Any], record: ImageRecord
) -> dict[str, Any]:
    code = annotation.get('segmentation')
    size = [record.height, record.width]
    if not isinstance(code, dict) or list(code.get('size', ())) != size:
        found = code.get('size') if isinstance(code, dict) else type(code)
        raise ValueError(
            f'Expected masks of {record.file_name} to be run-length codes of '
            f'size {size}, but got {found}.'
        )
    counts = code['counts']
    levels = height = None
    if annotation.get('confidence') is not None:
        found = decode_levels(annotation['confidence'])
        levels, height = found.tobytes(), len(found)
    values: dict[str, Any] = {
        'counts': counts.encode() if isinstance(counts, str) else counts,
        'areas': float(annotation['area']),
        'scores': annotation.get('score'),
        'boxes': [float(side) for side in annotation['bbox']],
        'crowds': int(annotation.get('iscrowd', 0)),
        'extra': None,
        'levels': levels,
        'levels_height': height,
    }
    plain = _decode_mask(values, size, skip_confidence=True)
    extra = {
        key: value
        for key, value in annotation.items()
        if key not in ('segmentation', 'confidence')
        and not _is_same(value, plain.get(key))
    }
    if extra:
        values['extra'] = json.dumps(extra)
    return values


def _is_same(value: Any, other: Any) -> bool:
    """Whether two values are written alike as JSON: 1 and 1.0 are not."""
    if isinstance(value, list) and isinstance(other, list):
        return len(value) == len(other) and all(map(_is_same, value, other))
    return type(value) is type(other) and bool(value == other)


def _decode_mask(
    values: dict[str, Any], size: list[int], skip_confidence: bool = False
) -> dict[str, Any]:
    """In the order of keys that ``instance_to_annotation`` has."""
    area = values['areas']
    annotation: dict[str, Any] = {
        'bbox': values['boxes'],
        'area': int(area) if area == int(area) else area,
        'iscrowd': values['crowds'],
        'segmentation': {
            'size': list(size),
            'counts': values['counts'].decode('ascii'),
        },
        'category_id': CATEGORY_ID,
    }
    if values['scores'] is not None:
        annotation['score'] = values['scores']
    if values.get('levels') is not None and not skip_confidence:
        levels = np.frombuffer(values['levels'], np.uint8)
        levels = levels.reshape(values['levels_height'], -1)
        annotation['confidence'] = encode_confidence(levels / CONFIDENCE_SCALE)
    if values['extra'] is not None:
        annotation.update(json.loads(values['extra']))
    return annotation
