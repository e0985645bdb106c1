"""How a label store lies on the disk: one module or family for each way."""

from .coco_json import CocoStore
from .json_lines import JsonLinesRun, open_json_lines_shard
from .parquet_run import ParquetRun, ParquetShardWriter
from .parquet_store import ParquetStore

__all__ = [
    'CocoStore',
    'JsonLinesRun',
    'ParquetRun',
    'ParquetShardWriter',
    'ParquetStore',
    'open_json_lines_shard',
]
