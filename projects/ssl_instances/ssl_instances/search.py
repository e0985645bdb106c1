"""The layer, kind and threshold of a feature source for normalized cuts.

Clustering takes the cosines of any features as they are. Normalized cuts of
two weights (CutS3D, MaskCut) do not: keys of DINOv2's and DINOv3's last layer
are known not to serve, their output tokens with another threshold do. The
search is the core's calibration; here it gets a source by its name, and what
it finds becomes a config that ``CutS3DLabeler`` takes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mmcuts3d.engine.calibration import (
    Calibration,
    CalibrationJob,
    config_lines,
    table_text,
    write_calibration,
)
from mmcuts3d.engine.calibration.candidates import Tau
from mmcuts3d.engine.config import load_config

from .backbones import Source

#: Of a labeler without depth, in which the features are exchanged.
BASE = Path(__file__).resolve().parents[1] / (
    'configs/search_cuts3d_image-folder.py'
)


@dataclass(frozen=True)
class FoundSetting:
    """What a search found out.

    Args:
        calibration (Calibration): All settings, the best first.
        snippet (str): Config lines of the best one.
        config (Path): The same as a file.
    """

    calibration: Calibration
    snippet: str
    config: Path

    @property
    def is_useful(self) -> bool:
        """Whether any setting has a criterion above 0."""
        return self.calibration.rows[0].criterion > 0

    def text(self, number: int = 5) -> str:
        """The best rows, and the config, for a terminal."""
        what = 'AP' if self.calibration.labeled else 'stability'
        head = f'by {what}, on {self.calibration.num_images} images:'
        rows = table_text(self.calibration, number)
        if not self.is_useful:
            return f'{head}\n\n{rows}\n\nno setting has any {what}.'
        return f'{head}\n\n{rows}\n\n{self.snippet}'


def search_setting(
    source: Source,
    images: str | Path,
    out: str | Path,
    annotations: str | Path | None = None,
    layers: Sequence[int] | None = None,
    kinds: Sequence[str] | None = None,
    taus: Sequence[Tau] | None = None,
    limit: int = 20,
    device: str | None = None,
    base: str | Path = BASE,
) -> FoundSetting:
    """Try layers, kinds and thresholds of a source on a folder of images.

    Args:
        source (Source): The source.
        images (str or Path): Folder of images.
        out (str or Path): Folder of the configs and the notes, so that a
            call that was stopped goes on.
        annotations (str or Path, optional): COCO file of true instances:
            settings are compared by AP, else by stability. Defaults to None.
        layers (Sequence[int], optional): See
            :func:`mmcuts3d.engine.calibration.make_search`; not of sources
            without layers. Defaults to None.
        kinds (Sequence[str], optional): As ``layers``. Defaults to None.
        taus (Sequence, optional): See there. Defaults to None.
        limit (int): Images at most. Defaults to 20.
        device (str, optional): Where networks run. Defaults to None: the
            GPU, if any.
        base (str or Path): Config of a labeler. Defaults to ``BASE``.

    Raises:
        ValueError: If a setting or an image cannot be used, or weights cannot
            be had.
    """
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    stem = source.name.replace(':', '-').replace('/', '-')
    features = out / f'features_{stem}.py'
    inner = ', '.join(f'{k}={v!r}' for k, v in source.config.items())
    features.write_text(
        f'# The features of {source.title}.\n'
        f'_base_ = [{str(Path(base).resolve())!r}]\n'
        f'model = dict(features=dict(_delete_=True, {inner}))\n',
        'utf-8',
    )
    has_layers = source.layer is not None
    job = CalibrationJob(
        load_config(features),
        features.resolve(),
        images,
        annotations,
        layers if has_layers else None,
        kinds if has_layers else None,  # type: ignore[arg-type]
        taus,
        limit,
        device=device,
    )
    calibration = job(out)
    snippet = config_lines(calibration.rows[0], job)
    path = out / f'cuts3d_{stem}.py'
    path.write_text(
        f'# {source.title}: the setting that suits {calibration.num_images} '
        f'images best.\n{snippet}\n',
        'utf-8',
    )
    write_calibration(calibration, job, out / stem)
    return FoundSetting(calibration, snippet, path)
