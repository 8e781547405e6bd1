"""One datum for all that is compared: WGS-84. A point is kept as it came, with its own."""

from prcoords import Coords, bd_wgs, gcj_wgs, sanity_in_china_p

from streams.core.events import Crs

METRES_A_DEGREE = 111_195.0
"""Of latitude: a mean radius of the Earth of 6,371 km."""

_TO_WGS84 = {Crs.GCJ02: gcj_wgs, Crs.BD09: bd_wgs}


def wgs84(lon: float, lat: float, crs: Crs) -> tuple[float, float]:
    """Longitude and latitude in WGS-84 degrees, exact to half a metre; as given outside China.

    China's maps are shifted by law: GCJ-02 (AMap, Tencent) by some hundred metres, BD-09 (Baidu) by
    about one kilometre.
    """
    shifted, point = _TO_WGS84.get(crs), Coords(lat, lon)
    if shifted is not None and sanity_in_china_p(point):
        point = shifted(point)
    return point.lon, point.lat
