"""How a label store lies on the disk: one module or family for each way."""

from .coco_json import CocoStore
from .json_lines import JsonLinesRun, JsonLinesShardWriter, finish_labels
from .parquet_run import ParquetRun, ParquetShardWriter
from .parquet_store import ParquetStore

__all__ = [
    'CocoStore',
    'JsonLinesRun',
    'JsonLinesShardWriter',
    'ParquetRun',
    'ParquetShardWriter',
    'ParquetStore',
    'finish_labels',
]
