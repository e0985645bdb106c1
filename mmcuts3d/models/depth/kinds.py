"""What the numbers of a depth map are, and how they become comparable."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, Literal, get_args

import numpy as np

from .camera import Camera
from .normalise import DIRECTIONS, UNITS, as_map, check_settings

Numbers = Literal[
    'metric', 'inverse', 'affine-invariant', 'affine-invariant inverse'
]
NUMBERS: tuple[str, ...] = get_args(Numbers)


@dataclass(frozen=True)
class DepthKind:
    """What the numbers of a source of depth are.

    Attributes:
        numbers: ``'metric'``, distances in `unit`. ``'inverse'``, one over a
            distance, with a known scale and no offset, such as the disparity
            of a calibrated stereo pair: distance = `scale` / number.
            ``'affine-invariant'``, distances up to an unknown scale and
            offset. ``'affine-invariant inverse'``, inverse distances up to
            an unknown scale and offset, as MiDaS, DPT and Depth Anything
            predict them: turned round, never inverted, because 1 / (d + an
            unknown offset) means nothing.
        unit: ``'mm'``, ``'cm'`` or ``'m'``, of metric and, if it is known,
            of inverse depth. Defaults to None.
        scale: Factor from the source's numbers to `unit`, such as 1 / 5000;
            of inverse depth the distance of the number 1, such as baseline
            times focal length. Defaults to 1.
        invalid: The source's number for "not measured", such as 0, or
            several of them. NaN and infinite numbers always are, unless
            `far` says otherwise. Defaults to None.
        far: Distance in `unit` at and beyond which everything, infinity too,
            is equally far; of metric and inverse depth. Defaults to None.
        ray_camera: The :class:`Camera`, or what :meth:`Camera.of` takes, if
            metric distances are measured along the rays of the camera and
            not along its axis, as some renderers and lidars do. Defaults to
            None: along the axis.

    Raises:
        ValueError: If a setting is unknown, or means nothing for such
            numbers.
    """

    numbers: Numbers
    unit: str | None = None
    scale: float = 1.0
    invalid: float | Sequence[float] | None = None
    far: float | None = None
    ray_camera: Any = None

    def __post_init__(self) -> None:
        if self.numbers not in NUMBERS:
            raise ValueError(
                f'Expected setting `numbers` of depth to be one of {NUMBERS}, '
                f'but got {self.numbers!r}'
            )
        units = tuple(name for name in UNITS if UNITS[name] is not None)
        if self.unit is not None and self.unit not in units:
            raise ValueError(
                f'Expected argument `unit` to be one of {units}, but got '
                f'{self.unit!r}'
            )
        if self.numbers == 'metric' and self.unit is None:
            raise ValueError(
                f'Expected argument `unit` to be one of {units} for metric '
                'depth, but got None'
            )
        if isinstance(self.invalid, list):
            object.__setattr__(self, 'invalid', tuple(self.invalid))
        self._check_values()
        relative = self.numbers.startswith('affine-invariant')
        for name, value, allowed in (
            ('unit', self.unit, not relative),
            ('far', self.far, not relative),
            ('ray_camera', self.ray_camera, self.numbers == 'metric'),
        ):
            if value is not None and not allowed:
                raise ValueError(
                    f'Expected argument `{name}` to be None for '
                    f'{self.numbers} depth, but got {value!r}'
                )
        if self.ray_camera is not None:
            object.__setattr__(self, 'ray_camera', Camera.of(self.ray_camera))

    def _check_values(self) -> None:
        for name, value in (('scale', self.scale), ('far', self.far)):
            if name == 'far' and value is None:
                continue
            if not isinstance(value, Real) or not 0 < value < float('inf'):
                raise ValueError(
                    f'Expected argument `{name}` to be positive, but got '
                    f'{value!r}'
                )
        several = isinstance(self.invalid, tuple)
        for value in self.invalid if several else [self.invalid]:
            if not isinstance(value, Real) and (several or value is not None):
                raise ValueError(
                    'Expected argument `invalid` to be a number or several, '
                    f'but got {self.invalid!r}'
                )

    @classmethod
    def of(cls, kind: Any) -> 'DepthKind':
        """A kind given as itself, as its settings, or by its name.

        Args:
            kind (DepthKind, dict or str): A name is one of ``NUMBERS``;
                ``'metric'`` needs its unit, so it has to be a dict.

        Raises:
            ValueError: If it is none of these.
        """
        if isinstance(kind, DepthKind):
            return kind
        if isinstance(kind, str):
            return cls(kind)  # type: ignore[arg-type]
        if not isinstance(kind, Mapping) or 'numbers' not in kind:
            raise ValueError(
                f'Expected argument `kind` to be one of {NUMBERS}, or '
                f'settings with `numbers`, but got {kind!r}'
            )
        try:
            return cls(**kind)
        except TypeError as error:
            raise ValueError(
                'Expected argument `kind` to hold settings of DepthKind, but '
                f'got {error}'
            ) from error

    @classmethod
    def from_direction(
        cls,
        direction: str,
        unit: str = 'relative',
        scale: float = 1.0,
        invalid: float | Sequence[float] | None = None,
    ) -> 'DepthKind':
        """The kind that the settings of ``normalise_depth`` speak of.

        Args:
            direction (str): ``'near_is_small'`` or ``'near_is_large'``.
            unit (str): ``'mm'``, ``'cm'``, ``'m'`` or ``'relative'``.
                Defaults to 'relative'.
            scale (float): See the class. Defaults to 1.
            invalid (float or Sequence[float], optional): See the class.
                Defaults to None.

        Raises:
            ValueError: If a setting is unknown, or they contradict.
        """
        check_settings(direction, unit, 'nearest', None)
        if unit != 'relative':
            return cls('metric', unit, scale, invalid)
        if direction == 'near_is_large':
            return cls('affine-invariant inverse', None, scale, invalid)
        return cls('affine-invariant', None, scale, invalid)

    @classmethod
    def chosen(cls, kind: Any, **short: Any) -> 'DepthKind':
        """A kind, named as such or by the settings that are short for it.

        Args:
            kind (DepthKind, dict or str, optional): See :meth:`of`.
            **short: Arguments of :meth:`from_direction`; None where one was
                not given.

        Raises:
            ValueError: If both are given, or a setting is unknown.
        """
        given = {k: v for k, v in short.items() if v is not None}
        if kind is None:
            return cls.from_direction(**{'direction': DIRECTIONS[0], **given})
        if given:
            raise ValueError(
                f'Expected argument `kind` or {sorted(given)}, but got both; '
                'give all in `kind`'
            )
        return cls.of(kind)

    @property
    def direction(self) -> str:
        """Of what :meth:`read` gives, as ``normalise_depth`` names it."""
        if self.numbers == 'affine-invariant inverse':
            return 'near_is_large'
        return 'near_is_small'

    def settings(self) -> dict[str, Any]:
        """Arguments of ``normalise_depth`` for what :meth:`read` gives."""
        return {
            'direction': self.direction,
            'unit': self.unit or 'relative',
        }

    def read(self, depth: np.ndarray) -> np.ndarray:
        """A map in the source's numbers, as numbers that can be compared.

        Args:
            depth (ndarray): (H, W), any numeric dtype.

        Returns:
            ndarray: (H, W) float64, NaN where nothing was measured:
            distances along the axis, in `unit` if there is one; of
            affine-invariant inverse depth what the source gave, times
            `scale`.

        Raises:
            ValueError: If it is no such map, or inverse depth is negative.
        """
        values = as_map(depth)
        if self.invalid is not None:
            values[np.isin(values, self.invalid)] = np.nan
        if self.numbers == 'inverse':
            values = self._inverted(values)
        else:
            values = values * self.scale
        if self.ray_camera is not None:
            values = values / self.ray_camera.ray_lengths(values.shape)
        if self.far is not None:
            values = np.minimum(values, self.far)
        return values

    def _inverted(self, values: np.ndarray) -> np.ndarray:
        """Distances; 0 is infinitely far."""
        if (values < 0).any():
            raise ValueError(
                'Expected argument `depth` to have no negative inverse '
                f'distance, but got {np.nanmin(values):g}; name the `invalid` '
                "value if it is one, or the kind 'affine-invariant inverse'"
            )
        values = np.where(np.isinf(values), np.nan, values)
        with np.errstate(divide='ignore'):
            return self.scale / values
