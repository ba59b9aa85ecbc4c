"""Numbers as a page shows them."""

MINUS = "\N{MINUS SIGN}"
EN_DASH = "\N{EN DASH}"


def show(value: float | None, digits: int = 3) -> str:
    """Returns a number with so many significant digits, a tiny one with an exponent; a dash where there is none."""
    if value is None:
        return EN_DASH
    if 0 < abs(value) < 1e-4:
        mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
        text = f"{mantissa}e{int(exponent)}"
    else:
        text = f"{value:,.0f}" if abs(value) >= 10**digits else _trim(value, digits)
    return text.replace("-", MINUS)


def show_signed(value: float, digits: int = 4) -> str:
    """Returns a difference with its sign and so many places."""
    return f"{value:+.{digits}f}".replace("-", MINUS)


def show_range(low: float | None, high: float | None) -> str:
    """Returns the ends of an interval; nothing where there is none."""
    if low is None or high is None:
        return ""
    return f"{show(low)} to {show(high)}"


def show_share(value: float | None, digits: int = 1) -> str:
    """Returns a share as a percentage; a dash where there is none."""
    return EN_DASH if value is None else f"{100 * value:.{digits}f}%"


def show_shares(low: float | None, high: float | None, digits: int = 1) -> str:
    """Returns the ends of an interval of shares; nothing where there is none."""
    return "" if low is None or high is None else f"{show_share(low, digits)} to {show_share(high, digits)}"


def show_places(value: float | None, places: int) -> str:
    """Returns a number with so many places; a dash where there is none."""
    return EN_DASH if value is None else f"{value:.{places}f}"


def show_p(value: float) -> str:
    """Returns a p-value."""
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def show_seconds(seconds: float) -> str:
    """Returns a duration in the unit that people would say it in."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    if minutes < 90:
        return f"{minutes:.0f} min"
    hours = minutes / 60
    return f"{hours:.1f} h" if hours < 36 else f"{hours / 24:.1f} days"


def _trim(value: float, digits: int) -> str:
    if value == 0:
        return "0"
    rounded = float(f"{value:.{digits - 1}e}")
    places = max(0, digits - 1 - int(f"{rounded:e}".partition("e")[2]))
    return f"{rounded:.{places}f}"


FILTERS = (show, show_signed, show_share, show_shares, show_places, show_p)
"""What the templates show numbers with."""
