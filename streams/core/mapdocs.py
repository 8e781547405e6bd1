"""What a place publishes of where things are: shapes of grids, names, cameras."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from streams.core.events import Code, Contract, Crs, Note, Point


class GridShape(Contract, frozen=True):
    """网格图斑 · the shape of one grid: the corners of its border in order, longitude first, in the
    datum of its document; the last may repeat the first."""

    code: Code
    ring: Annotated[
        tuple[
            tuple[
                Annotated[float, Meta(ge=-180, le=180)],
                Annotated[float, Meta(ge=-90, le=90)],
            ],
            ...,
        ],
        Meta(min_length=3),
    ]


class PlaceName(Contract, frozen=True):
    """地名 · a name by which people say where something is, and the area in which that lies."""

    name: Annotated[str, Meta(min_length=2, max_length=64)]
    area: Code


class Device(StrEnum):
    """设备种类 · what a registered device is."""

    CAMERA = "camera"  # 摄像头
    SENTINEL = "sentinel"  # 电子哨兵


class Camera(Contract, frozen=True):
    """摄像头 · a registered camera, or a sentinel (电子哨兵) at a door; where it looks: by area, by
    grid, or by its point."""

    code: Code
    area: Code | None = None
    grid: Code | None = None
    point: Point | None = None
    device: Device = Device.CAMERA


class GridsBody(Contract, frozen=True, kw_only=True):
    """网格图 · the shapes of grids; which area each lies in the area tree says."""

    grids: tuple[GridShape, ...]
    crs: Crs = Crs.WGS84
    assumed: tuple[Note, ...] = ()


class GazetteerBody(Contract, frozen=True, kw_only=True):
    """地名表 · streets, estates, markets by name; the areas' own names need no row."""

    names: tuple[PlaceName, ...]
    assumed: tuple[Note, ...] = ()


class CamerasBody(Contract, frozen=True, kw_only=True):
    """摄像头名录 · all cameras of the place: a finding of any other is refused."""

    cameras: tuple[Camera, ...]
    assumed: tuple[Note, ...] = ()
