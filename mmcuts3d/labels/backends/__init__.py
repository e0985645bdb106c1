"""How a label store lies on the disk: one module or family for each way."""

from .coco_json import CocoStore
from .json_lines import JsonLinesRun, JsonLinesShardWriter
from .parquet_run import ParquetRun
from .parquet_shards import ParquetShardWriter
from .parquet_store import ParquetStore

__all__ = [
    'CocoStore',
    'JsonLinesRun',
    'JsonLinesShardWriter',
    'ParquetRun',
    'ParquetShardWriter',
    'ParquetStore',
]
