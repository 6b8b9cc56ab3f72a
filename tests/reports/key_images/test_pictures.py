"""What is drawn of which finding, and where."""

from dataclasses import replace

import numpy as np
import pytest

from processors.findings import Reason, Sign, State
from reports.key_images.choice import strongest_region, strongest_slices
from reports.key_images.overview_tiles import tiles_of
from reports.key_images.page import HEIGHT, WARNING, WIDTH
from reports.key_images.pictures import pages, pictures
from reports.key_images.subject import Subject, stations_of, strongest_views
from reports.palette import region_colour
from reports.text import SIGN_NAMES

from .made_up import brain, neck, numbers, tract_finding, tract_map, volume


@pytest.fixture(scope="module")
def of_brain():
    findings, volumes, maps, strips = brain()
    return pictures(findings, volumes, maps, strips, software_version="0.1.0")


def pixels_of(picture, colour):
    return (picture.pixels == colour).all(axis=2)


def test_an_overview_and_every_sign_that_is_present_or_indeterminate(of_brain):
    assert [picture.sign for picture in of_brain] == [None, Sign.MOTOR_BAND, Sign.CST_T1, Sign.CST_T2]
    assert [picture.title for picture in of_brain[1:]] == [
        SIGN_NAMES[sign] for sign in (Sign.MOTOR_BAND, Sign.CST_T1, Sign.CST_T2)
    ]


def test_every_picture_is_marked_in_its_pixels(of_brain):
    for picture in of_brain:
        assert picture.pixels.shape == (HEIGHT, WIDTH, 3)
        assert picture.pixels.dtype == np.uint8
        marked = pixels_of(picture, WARNING)
        assert marked[15:45, 860:].sum() > 300
        assert marked[HEIGHT - 30 :, 860:].sum() > 30


def test_outlines_are_beside_the_plain_slice_and_not_on_it(of_brain):
    picture = next(one for one in of_brain if one.sign is Sign.CST_T1)
    outline = pixels_of(picture, region_colour(tract_map(volume()).regions[5]))[104:488]
    assert not outline[:, 648:954].any()
    assert outline[:, 958:1264].sum() > 100


def test_a_picture_names_the_images_it_shows(of_brain):
    for picture in of_brain:
        assert picture.sources
        assert len(set(picture.sources)) == len(picture.sources)
    tract = next(one for one in of_brain if one.sign is Sign.CST_T1)
    assert {uid for uid, _ in tract.sources} == {"1.2.3.4"}
    numbers_shown = sorted(image.instance_number for _, image in tract.sources)
    assert len(numbers_shown) == 2
    assert any(n in (11, 12) for n in numbers_shown)


def test_nothing_evaluated_nothing_drawn():
    findings, volumes, maps, strips = brain()
    assert pictures(findings[-1:], volumes, maps, strips) == ()


def test_without_series_there_are_still_the_numbers():
    findings, _, maps, strips = brain()
    drawn = pictures(findings, {}, maps, strips)
    assert len(drawn) == 4
    assert all(picture.sources == () for picture in drawn)


def test_a_map_of_another_stack_of_the_series_is_not_laid_over_it():
    findings, volumes, maps, strips = brain()
    small = {uid: replace(one, array=one.array[:8], sources=one.sources[:8]) for uid, one in volumes.items()}
    drawn = pictures(findings, small, maps, strips)
    colours = pixels_of(
        next(one for one in drawn if one.sign is Sign.CST_T1), region_colour(maps[0].regions[5])
    )
    assert not colours[104:488].any()


def test_the_strongest_region_and_its_brightest_slice_are_chosen():
    one = volume()
    one.array[11] += 30
    regions = tract_map(one)
    chosen = strongest_slices(tract_finding(one), one, regions, 0, 1, 0.0)
    assert chosen == (11,)
    chosen = strongest_slices(tract_finding(one, strongest="pons"), one, regions, 0, 2, 12.0)
    assert chosen[0] in (6, 7)
    assert abs(chosen[1] - chosen[0]) * 6.0 >= 12.0


def test_a_slice_with_one_side_only_is_not_chosen_where_another_has_both():
    one = volume()
    regions = tract_map(one)
    left = (regions.labels == 5) & (regions.indices[:, 0] == 11)
    regions = replace(regions, indices=regions.indices[~left], labels=regions.labels[~left])
    one.array[11] += 100
    assert strongest_slices(tract_finding(one), one, regions, 0, 1, 0.0) == (10,)


@pytest.mark.parametrize("levels", [True, False])
def test_the_cord_is_outlined_with_and_without_levels(levels):
    findings, volumes, maps, profiles = neck(levels=levels)
    drawn = pictures(findings, volumes, maps, (), profiles)
    assert [picture.sign for picture in drawn] == [None, Sign.CORD_T1, Sign.CORD_ATROPHY]
    plain, outlined = drawn[1].pixels[104:430, 16:322], drawn[1].pixels[104:430, 326:632]
    assert (plain != outlined).any(axis=2).sum() > 400


def test_without_levels_the_brightest_slices_that_count_are_chosen():
    findings, volumes, _, profiles = neck(levels=False)
    [one] = volumes.values()
    assert stations_of(profiles[0], one, 0)[:3] == [20, 19, 18]
    shown = strongest_views(findings[0], Subject(one, None, profiles[0]), most=2)
    assert {view.index for view in shown} <= {20 - n for n in range(10, 15)}


def test_one_slice_and_one_node_are_enough():
    findings, volumes, maps, profiles = neck(levels=False)
    short = replace(
        profiles[0],
        position_mm=profiles[0].position_mm[:1], levels=("",), used=np.array([True]),
        ratio={side: ratio[:1] for side, ratio in profiles[0].ratio.items()},
        norm_mean=profiles[0].norm_mean[:1], norm_sd=profiles[0].norm_sd[:1],
        area_mm2=np.array([np.nan]), contours=profiles[0].contours[:1], unrolled=profiles[0].unrolled[:1],
    )  # fmt: skip
    assert len(pictures(findings, volumes, maps, (), (short,))) == 3


def test_texts_that_look_like_formulas_are_only_texts():
    findings, volumes, maps, strips = brain()
    odd = replace(findings[1], norm="site $norm_3^2$ \\frac of Ä & 患者", state=State.PRESENT)
    odd = replace(odd, regions=tuple(replace(r, measurements=numbers(1.0)) for r in odd.regions))
    assert len(pictures((odd,), volumes, maps, strips)) == 2


def test_signal_that_is_no_number_and_a_constant_series_can_be_shown():
    findings, volumes, maps, strips = brain()
    t1, _, t2 = volumes.values()
    t1.array[::2] = np.nan
    t2.array[:] = 7.0
    assert len(pictures(findings, volumes, maps, strips)) == 4


def partly_graded():
    """A motor band of which three regions of six count; one of the others is the darkest of all."""
    findings, volumes, maps, strips = brain()
    counted = {"right": ("lateral",), "left": ("intermediate", "lateral")}
    regions = []
    for one in findings[0].regions:
        if one.region.name in counted[one.region.side]:
            regions.append(one)
        else:
            found = {"darkness": 0.6, "coverage": 79.6, "grade_sum": 6, "band_length": 31.0}
            regions.append(replace(one, measurements=numbers(0.4, **found)))
    return replace(findings[0], regions=tuple(regions)), volumes, maps, strips


def words_on(findings, volumes, maps, strips=(), profiles=()):
    """Every line on each page, by sign."""
    drawn = pages(findings, volumes, maps, strips, profiles)
    return {sign: [words for words, _ in page.written()] for sign, _, page, _ in drawn}


def test_numbers_that_did_not_count_are_not_shown():
    finding, *others = partly_graded()
    assert strongest_region(finding) == "lateral"
    said = words_on((finding,), *others)
    assert "Lateral: darkness right 0.20, left 0.20" in said[None]
    page = said[Sign.MOTOR_BAND]
    assert page.count("— (79 % covered)") == 3
    assert page.count("0.20 (2)") == 3
    assert any("6 of 6 possible (3 of 6 regions)" in line for line in page)
    assert not any("0.60" in line for lines in said.values() for line in lines)


def test_where_no_region_counts_there_is_no_number_to_head_the_list():
    finding, volumes, maps, strips = partly_graded()
    bare = tuple(replace(one, measurements=numbers(0.4, darkness=0.6)) for one in finding.regions)
    bare = replace(
        finding,
        regions=bare,
        state=State.INDETERMINATE,
        confidence=None,
        reasons=(Reason.of("low-snr", snr=3),),
    )
    assert strongest_region(bare) is None
    said = words_on((bare,), volumes, maps, strips)
    assert not any("0.60" in line or "Sum of grades" in line for lines in said.values() for line in lines)


def test_regions_without_a_z_score_are_not_ranked_with_those_that_have_one():
    finding = tract_finding(volume(), strongest="pons")
    regions = [one for one in finding.regions if one.region.name != "internal_capsule"]
    regions += [replace(one, measurements=numbers(9.9)) for one in finding.regions if one not in regions]
    assert strongest_region(replace(finding, regions=tuple(regions))) == "pons"


def test_the_grades_limits_are_beside_the_strips():
    findings, volumes, maps, strips = brain()
    strips = tuple(replace(one, limits=(0.075, 0.15)) for one in strips)
    page = words_on(findings[:1], volumes, maps, strips)[Sign.MOTOR_BAND]
    assert "grade 1 from 0.075, grade 2 from 0.15" in page


def test_a_tile_says_which_signs_it_shows_and_no_slice_is_shown_twice():
    findings, volumes, maps, profiles = neck(levels=False)
    said = words_on(findings, volumes, maps, (), profiles)[None]
    assert {"Cord T1", "Cord area"} <= set(said)
    twice = (findings[1], replace(findings[1], sign=Sign.CORD_FLATTENING))
    flat = replace(profiles[0], flatness=profiles[0].area_mm2 / 100)
    tiles = tiles_of([(one, Subject(*volumes.values(), None, flat)) for one in twice])
    assert [[one.sign for one in tile.findings] for tile in tiles] == 2 * [[one.sign for one in twice]]
    assert len({tile.view.index for tile in tiles}) == 2


def test_the_overview_shows_the_gyrus_and_the_tract(of_brain):
    findings, volumes, maps, strips = brain()
    said = words_on(findings, volumes, maps, strips)[None]
    assert any(line.startswith("Motor band: gyrus unfolded") for line in said)
    assert "CST T1: tract ÷ reference" in said
    assert not any(line.endswith("…") for line in said)


def test_a_flat_cord_is_shown_where_it_is_flattest_and_by_its_diameters():
    findings, volumes, _, profiles = neck(levels=False)
    flatness = np.full(21, 0.7)
    flatness[[5, 15]] = 0.4, 0.5
    flat = replace(profiles[0], flatness=flatness)
    finding = replace(findings[1], sign=Sign.CORD_FLATTENING, regions=())
    shown = strongest_views(finding, Subject(*volumes.values(), None, flat), most=2)
    assert {view.index for view in shown} == {20 - 5, 20 - 15}
    flattening = words_on((finding,), volumes, (), (), (flat,))[Sign.CORD_FLATTENING]
    atrophy = words_on((findings[1],), volumes, (), (), (flat,))[Sign.CORD_ATROPHY]
    assert "anteroposterior ÷ transverse diameter" in flattening
    assert "Area, mm²" in atrophy
    assert "Area, mm²" not in flattening


def test_the_darkest_slices_of_the_band_are_chosen():
    findings, volumes, maps, _ = brain()
    band, swi = maps[1], volumes[maps[1].series_instance_uid]
    swi.array[16, 26:29] *= 0.7
    assert strongest_slices(findings[0], swi, band, 0, 1, 0.0) == (16,)
