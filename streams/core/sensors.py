"""物联感知 · sensors of things: a reading is activity, which opens no case and enters no rate."""

from datetime import datetime

from streams.core.events import Code, Contract, Instant, Round, RoundKind


class SensorReading(Contract, frozen=True, kw_only=True):
    """读数 · what a device read at the event's time: of a `quantity`, in `unit`. No document says
    at which value it is a problem, so none is."""

    place: Code
    area: Code
    device: Code
    reading: float
    grid: Code | None = None
    quantity: Code | None = None
    unit: Code | None = None
    recorded_at: Instant | None = None


def as_round(told: SensorReading, at: datetime) -> Round:
    """A reading as it is kept: among the rounds that nobody asks for."""
    return Round(
        place=told.place,
        kind=RoundKind.READING,
        area=told.area,
        grid=told.grid,
        subject=told.device,
        scene=told.quantity,
        started_at=at,
        reading=told.reading,
        unit=told.unit,
        recorded_at=told.recorded_at,
    )
