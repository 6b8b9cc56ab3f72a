"""The page of one sign: where it was measured, without and with outlines, and the numbers with their norm."""

from collections.abc import Mapping, Sequence

from processors.acquisition import Plane
from processors.depiction import CordProfile, CortexStrip, RegionMap
from processors.findings import CORD_SIGNS, Finding, Quantity, Side, Sign, State
from processors.volume import SliceSource, Volume
from reports.key_images.choice import strongest_slices
from reports.key_images.cord_plots import plot_cord
from reports.key_images.page import HEIGHT, INK, PANEL, SOFT, WARNING, WIDTH, Page
from reports.key_images.plots import (
    draw_key,
    main_quantity,
    plot_profiles,
    plot_regions,
    plot_strips,
)
from reports.key_images.slices import Field, Slice, body_centre, cut, cutting_axis, sources_of
from reports.key_images.tiles import colours_of, draw_slice, whole_window, window_of
from reports.palette import Rgb, region_colour
from reports.picture_text import (
    ALONG_TRACT,
    BY_REGION,
    NORM,
    NOTHING_OUTLINED,
    QUANTITY_HEADINGS,
    RESEARCH_USE_MARK,
    SIDE_WORDS,
    UNFOLDED,
    Z_EXPLAINED,
    made_by,
    number_words,
    reformat_words,
    series_words,
    short_name,
    slice_words,
    state_words,
    window_words,
)
from reports.text import SIGN_NAMES

Sources = tuple[tuple[str, SliceSource], ...]

MARGIN = 16
TILE = (384, 306)
"""Height and width of a slice on the page, pixels."""
_TILES_X = (16, 326, 648, 958)
_TILES_Y = 104
_FOOT_Y = _TILES_Y + TILE[0] + 40
_PLOT = (76, _FOOT_Y + 34, 740, 318)
_TABLE_X, _TABLE_WIDTH = 868, 396

BRAIN_FIELD_MM = 140.0
"""Height of what is shown of a head: what lies around the tract and the motor cortex, not the face."""
CORD_FIELD_MM = 56.0
"""Height of what is shown of a neck: the cord in its canal."""
APART_MM = {Plane.AXIAL: 12.0, Plane.CORONAL: 6.0, Plane.SAGITTAL: 20.0}

PLAIN_PLACES = (0.35, 0.5, 0.65, 0.8)
"""Where along a series in which nothing was outlined it is shown."""

STATE_COLOURS: Mapping[State, Rgb] = {
    State.PRESENT: (255, 150, 50),
    State.ABSENT: (0, 190, 140),
    State.INDETERMINATE: (240, 228, 66),
    State.NOT_EVALUATED: (150, 160, 172),
}


def sign_page(
    finding: Finding,
    volume: Volume | None,
    regions: RegionMap | None,
    strips: Sequence[CortexStrip],
    profile: CordProfile | None,
    software_version: str,
) -> tuple[Page, Sources]:
    """The page of a finding, and the images it shows; none where no region was measured."""
    page = Page()
    frame_page(page, SIGN_NAMES[finding.sign], made_by(software_version, _method(finding)))
    right = page.badge(
        MARGIN, 68, state_words(finding.state, finding.confidence), STATE_COLOURS[finding.state]
    )
    if volume is not None:
        page.text(right + 16, 68, series_words(volume), size=16, colour=SOFT)
    sources: Sources = ()
    if volume is not None and regions is not None and regions.indices.size:
        shown = _chosen(finding, volume, regions)
        _draw_slices(page, finding, volume, regions, shown)
        sources = sources_of(volume, shown)
    elif volume is not None:
        plain = _plain(volume)
        _draw_plain(page, volume, plain)
        sources = sources_of(volume, plain)
    _draw_plot(page, finding, strips, profile)
    _draw_words(page, finding)
    return page, sources


def frame_page(page: Page, title: str, made: str) -> None:
    """What every page has: its title, the mark of research use, and what made it."""
    page.text(MARGIN, 30, title, size=25, bold=True)
    page.text(WIDTH - MARGIN, 30, RESEARCH_USE_MARK, size=17, bold=True, colour=WARNING, align="right")
    page.text(MARGIN, HEIGHT - 16, made, size=12, colour=SOFT)
    page.text(WIDTH - MARGIN, HEIGHT - 16, RESEARCH_USE_MARK, size=12, colour=WARNING, align="right")


def _method(finding: Finding) -> str:
    return f"{finding.algorithm.name} {finding.algorithm.version}"


def _chosen(finding: Finding, volume: Volume, regions: RegionMap) -> list[Slice]:
    """The slices to show, the lowest first."""
    axis = cutting_axis(volume, Plane.AXIAL)
    apart = APART_MM[cut(volume, axis, 0).plane]
    chosen = strongest_slices(finding, volume, regions, axis, 2, apart)
    return sorted(
        (cut(volume, axis, one.index, regions) for one in chosen), key=lambda shown: shown.height_mm
    )


def _draw_slices(
    page: Page, finding: Finding, volume: Volume, regions: RegionMap, chosen: Sequence[Slice]
) -> None:
    window = window_of(volume, regions)
    colours = colours_of(regions)
    for pair, shown in enumerate(reversed(chosen)):
        field = field_of(shown, finding.sign, TILE)
        left, right = _TILES_X[2 * pair : 2 * pair + 2]
        draw_slice(page, left, _TILES_Y, shown, field, window, {}, scale=False)
        draw_slice(page, right, _TILES_Y, shown, field, window, colours)
        caption = _TILES_Y + TILE[0] + 15
        where = f"{place_words(volume, shown)}, {window_words(window.low, window.high)}"
        page.text(left, caption, where, size=13)
        _draw_legend(page, right + TILE[1], caption, shown, field, regions)


def _plain(volume: Volume) -> list[Slice]:
    """Slices of a series in which nothing was outlined, from below upwards."""
    axis = cutting_axis(volume, Plane.AXIAL)
    last = volume.array.shape[axis] - 1
    cuts = (cut(volume, axis, round(share * last)) for share in PLAIN_PLACES)
    return sorted(cuts, key=lambda shown: shown.height_mm)


def _draw_plain(page: Page, volume: Volume, chosen: Sequence[Slice]) -> None:
    window = whole_window(volume)
    for x, shown in zip(_TILES_X, reversed(chosen), strict=True):
        rows, columns = shown.pixels.shape
        down, right = shown.spacing
        field = Field(
            ((rows - 1) / 2, (columns - 1) / 2),
            TILE,
            min(TILE[0] / (rows * down), TILE[1] / (columns * right)),
        )
        draw_slice(page, x, _TILES_Y, shown, field, window, {})
        page.text(x, _TILES_Y + TILE[0] + 15, place_words(volume, shown), size=13)
    page.text(MARGIN, _FOOT_Y + 12, NOTHING_OUTLINED, size=15, bold=True)


def place_words(volume: Volume, shown: Slice) -> str:
    """Where a slice lies, in words."""
    if shown.axis:
        return reformat_words(shown.plane, *shown.place)
    return slice_words(volume, shown.index, shown.plane, *shown.place)


def field_of(shown: Slice, sign: Sign, size: tuple[int, int]) -> Field:
    """What is shown of a slice: the brain around the regions, or the cord in its canal."""
    rows, columns = shown.labels.nonzero()
    middle = body_centre(shown)
    if not rows.size:
        return Field(middle, size, size[0] / BRAIN_FIELD_MM)
    centre = ((rows.min() + rows.max()) / 2, (columns.min() + columns.max()) / 2)
    if sign in CORD_SIGNS:
        return Field(centre, size, size[0] / CORD_FIELD_MM)
    return Field((centre[0], middle[1]), size, size[0] / BRAIN_FIELD_MM)


def _draw_legend(page: Page, x: float, y: float, shown: Slice, field: Field, regions: RegionMap) -> None:
    """The names of the regions that a tile shows, in their colours, ending at a place."""
    seen = set(field.labels(shown).ravel().tolist())
    named = {region.name: region for number, region in regions.regions.items() if number in seen}
    size = 13.0
    while (
        size > 10 and sum(page.width_of(short_name(name), size, bold=True) + size for name in named) > TILE[1]
    ):
        size -= 0.5
    for name, region in reversed(named.items()):
        x -= page.width_of(short_name(name), size, bold=True)
        page.text(x, y, short_name(name), size=size, bold=True, colour=region_colour(region))
        x -= size


def _draw_plot(
    page: Page, finding: Finding, strips: Sequence[CortexStrip], profile: CordProfile | None
) -> None:
    x, y, width, _ = _PLOT
    if finding.sign is Sign.MOTOR_BAND and strips:
        page.text(MARGIN, _FOOT_Y + 12, UNFOLDED, size=15, bold=True)
        plot_strips(page, (MARGIN, y, x + width - MARGIN, _PLOT[3] + 30), strips)
    elif profile is not None:
        plot_cord(page, (MARGIN, _FOOT_Y, x + width - MARGIN, HEIGHT - 40 - _FOOT_Y), finding, profile)
    elif finding.profiles:
        page.text(MARGIN, _FOOT_Y + 12, ALONG_TRACT, size=15, bold=True)
        draw_key(page, x + width, _FOOT_Y + 12)
        plot_profiles(page, _PLOT, finding.profiles)
    elif main_quantity(finding) is not None:
        page.text(MARGIN, _FOOT_Y + 12, BY_REGION, size=15, bold=True)
        draw_key(page, x + width, _FOOT_Y + 12, sides=_has_sides(finding))
        plot_regions(page, _PLOT, finding)


def _has_sides(finding: Finding) -> bool:
    return any(region.region.side is not None for region in finding.regions)


def _draw_words(page: Page, finding: Finding) -> None:
    y = _FOOT_Y + 12.0
    for reason in finding.reasons[:4]:
        y = page.paragraph(_TABLE_X, y, _TABLE_WIDTH, reason.sentence, size=15, most=3) + 4
    y = _draw_table(page, y + 6, finding)
    y += 10
    if finding.norm:
        y = page.paragraph(_TABLE_X, y, _TABLE_WIDTH, f"{NORM}: {finding.norm}", size=13, colour=SOFT, most=3)
    if any(region.value(Quantity.Z_SCORE) is not None for region in finding.regions):
        page.paragraph(_TABLE_X, y, _TABLE_WIDTH, Z_EXPLAINED, size=13, colour=SOFT)


def _draw_table(page: Page, y: float, finding: Finding) -> float:
    """Every region's number and z-score, a column for each side; the height below."""
    quantity = main_quantity(finding)
    if quantity is None:
        return y
    sides: tuple[Side | None, ...] = (Side.RIGHT, Side.LEFT) if _has_sides(finding) else (None,)
    columns = {side: _TABLE_X + _TABLE_WIDTH - 8 - 130 * place for place, side in enumerate(reversed(sides))}
    heading = QUANTITY_HEADINGS.get(quantity, quantity.value.replace("_", " "))
    for side, at in columns.items():
        above = f"{SIDE_WORDS[side]}: " if side is not None else ""
        page.text(at, y, f"{above}{heading} (z)", size=13, colour=SOFT, align="right")
    y += 22
    names = list(dict.fromkeys(region.region.name for region in finding.regions))
    for place, name in enumerate(names):
        if place % 2 == 0:
            page.box(_TABLE_X - 6, y - 11, _TABLE_WIDTH + 6, 22, PANEL)
        page.text(_TABLE_X, y, short_name(name), size=14)
        for region in finding.regions:
            value = region.value(quantity)
            if region.region.name != name or value is None:
                continue
            z_score = region.value(Quantity.Z_SCORE)
            digits = number_words(quantity, value)
            words = digits if z_score is None else f"{digits} ({z_score:+.1f})"
            bold = z_score is not None and abs(z_score) >= 2
            page.text(columns[region.region.side], y, words, size=14, colour=INK, bold=bold, align="right")
        y += 22
    return y
