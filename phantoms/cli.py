"""The command that makes synthetic patients."""

from pathlib import Path
from typing import Annotated

import typer

from phantoms.neck_options import DISC_LEVELS, NeckOptions
from phantoms.patient import PhantomPatient, Vendor, healthy, seed_patient
from phantoms.protocol import DEMO_SERIES, PROTOCOL
from phantoms.severity import CHANGES, Severity
from phantoms.study import write_study
from processors.findings import Side, Sign

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


def parse_signs(texts: list[str]) -> tuple[dict[Sign, Severity | float], dict[Sign, Side]]:
    """Read ``SIGN=STRENGTH`` and ``SIGN=STRENGTH@SIDE``.

    Raises
    ------
    ValueError
        If a text names no sign, no strength or no side, or a sign is named twice.
    """
    signs: dict[Sign, Severity | float] = {}
    sides: dict[Sign, Side] = {}
    for text in texts:
        name, _, rest = text.partition("=")
        strength, at, side = rest.partition("@")
        if name not in set(Sign):
            raise ValueError(f"{name!r} is not a sign; the signs are {', '.join(Sign)}")
        sign = Sign(name)
        if sign in signs:
            raise ValueError(f"{sign} is named twice")
        signs[sign] = _strength(sign, strength)
        if at:
            if side not in set(Side):
                raise ValueError(f"{side!r} is not a side; write left or right")
            sides[sign] = Side(side)
    return signs, sides


def _strength(sign: Sign, text: str) -> Severity | float:
    if text in set(Severity):
        return Severity(text)
    try:
        return float(text)
    except ValueError:
        raise ValueError(
            f"{text!r} is not a strength of {sign}; write {', '.join(CHANGES[sign])} or "
            + ("ppb like 25" if sign is Sign.MOTOR_BAND else "a fraction like 0.12")
        ) from None


@app.command()
def phantom(
    out: Annotated[Path, typer.Option(help="Empty or new folder for the study.")],
    seed: Annotated[int, typer.Option(min=0, help="Decides anatomy, pose, shading and noise.")] = 7,
    sign: Annotated[
        list[str] | None,
        typer.Option(
            help="A sign to draw, SIGN=STRENGTH[@SIDE]: cst_t1=moderate, cord_t1=0.15, "
            "cst_flair=severe@left. Repeat for more.",
        ),
    ] = None,
    case_report: Annotated[
        bool, typer.Option("--case-report", help="Draw the signs of the case report Betz is built around.")
    ] = False,
    vendor: Annotated[Vendor, typer.Option(help="Whose headers to write.")] = Vendor.SIEMENS,
    series: Annotated[
        list[str] | None,
        typer.Option(help=f"A series to make; repeat for more. One of: {', '.join(PROTOCOL)}."),
    ] = None,
    wallerian: Annotated[
        Side | None, typer.Option(help="Degenerate the tract of one side, as after a stroke.")
    ] = None,
    ms_lesions: Annotated[int, typer.Option(min=0, max=100, help="Number of demyelinating lesions.")] = 0,
    infarct: Annotated[Side | None, typer.Option(help="Draw a chronic infarct on one side.")] = None,
    leukoaraiosis: Annotated[
        int, typer.Option(min=0, max=3, help="Grade of small vessel disease after Fazekas.")
    ] = 0,
    atrophy: Annotated[float, typer.Option(min=0, max=1, help="Widening of ventricles and sulci.")] = 0.0,
    motion: Annotated[float, typer.Option(min=0, max=5, help="Movement within each slice, mm.")] = 0.0,
    enhanced: Annotated[
        bool, typer.Option("--enhanced", help="Write one Enhanced MR instance a series.")
    ] = False,
    post_contrast: Annotated[
        bool, typer.Option("--post-contrast", help="Give gadolinium before the T1.")
    ] = False,
    entry_slice: Annotated[
        bool,
        typer.Option("--entry-slice", help="Bright fluid in the end slices of the axial T1 of the neck."),
    ] = False,
    bright_fluid: Annotated[
        bool, typer.Option("--bright-fluid", help="Bright fluid in most slices of the axial T1 of the neck.")
    ] = False,
    lordosis: Annotated[
        float | None, typer.Option(help="Of the neck, degrees; negative where it is bent forward.")
    ] = None,
    dorsal_columns: Annotated[
        float, typer.Option(min=0, max=0.9, help="T2 change of the dorsal columns, as without vitamin B12.")
    ] = 0.0,
    stenosis: Annotated[
        str | None, typer.Option(help=f"Narrow canal below one of {', '.join(DISC_LEVELS)}.")
    ] = None,
    syrinx: Annotated[bool, typer.Option("--syrinx", help="A cavity in the cord.")] = False,
    cord_plaques: Annotated[int, typer.Option(min=0, max=12, help="Demyelinating lesions of the cord.")] = 0,
    thoracic: Annotated[
        bool, typer.Option("--thoracic", help="A thoracic spine where the headers say neck.")
    ] = False,
    snr: Annotated[float, typer.Option(min=2, help="Signal of white matter over noise.")] = 40.0,
) -> None:
    """Write a synthetic patient as a DICOM study, with the truth in truth.json beside it.

    Without --sign or --case-report the patient is healthy; normal variants are drawn in every patient.
    """
    try:
        base = seed_patient(seed) if case_report else healthy(seed)
        signs, sides = parse_signs(sign or [])
        patient = PhantomPatient(
            seed,
            signs={**base.signs, **signs},
            one_sided=sides,
            vendor=vendor,
            wallerian=wallerian,
            ms_lesions=ms_lesions,
            infarct=infarct,
            leukoaraiosis=leukoaraiosis,
            atrophy=atrophy,
            motion=motion,
            post_contrast=post_contrast,
            entry_slice=entry_slice or base.entry_slice,
            snr=snr,
            neck=NeckOptions(
                lordosis=lordosis,
                bright_fluid=bright_fluid,
                dorsal_columns=dorsal_columns,
                stenosis=stenosis,
                syrinx=syrinx,
                plaques=cord_plaques,
                thoracic=thoracic,
            ),
        )
        study = write_study(patient, out, series or DEMO_SERIES, enhanced=enhanced)
    except (ValueError, OSError) as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(2) from None
    typer.echo(f"{len(study.files)} instances in {len(study.series)} series: {out}")


if __name__ == "__main__":
    app()
