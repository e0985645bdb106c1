"""A page of one HTML file: words, tables, charts, images to look at."""

from .charts import BarChart, LineChart
from .gallery import GalleryImage
from .report import ReportSection, ReportTable, html_report

__all__ = [
    'BarChart',
    'GalleryImage',
    'LineChart',
    'ReportSection',
    'ReportTable',
    'html_report',
]
