"""Whatever a header holds, a volume has a protocol; the same way of imaging has the same."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from processors.acquisition import Acquisition, Contrast, Plane
from processors.findings import Sign
from processors.norms import Protocol, protocol_of
from processors.norms.protocol import field_strength_class, manufacturer_name, wider_families
from processors.norms.shipped import shipped_family
from processors.parameters import acquisition_of
from processors.volume import SliceSource, Volume


def volume(contrast: Contrast = Contrast.T1, plane: Plane = Plane.AXIAL, **acquisition) -> Volume:
    return Volume(
        np.zeros((3, 2, 2), np.float32),
        np.eye(4),
        "1.2",
        (SliceSource("1", "2"),) * 3,
        contrast=contrast,
        plane=plane,
        acquisition=Acquisition(**acquisition),
    )


def header(**attributes) -> Dataset:
    ds = Dataset()
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    return ds


def enhanced(**macros: Dataset) -> Dataset:
    ds = header(SharedFunctionalGroupsSequence=[Dataset()], PerFrameFunctionalGroupsSequence=[Dataset()])
    for keyword, macro in macros.items():
        setattr(ds.SharedFunctionalGroupsSequence[0], keyword, [macro])
    return ds


@pytest.mark.parametrize(
    ("attributes", "family"),
    [
        ({"ScanningSequence": "SE", "MRAcquisitionType": "2D"}, "T1 spin echo"),
        ({"ScanningSequence": ["GR", "IR"], "MRAcquisitionType": "3D"}, "T1 gradient echo 3-D"),
        ({"ScanningSequence": "GR", "MRAcquisitionType": "2D"}, "T1 gradient echo 2-D"),
        ({"ScanningSequence": "GR"}, "T1 gradient echo"),
        ({"ScanningSequence": ["SE", "IR"], "MRAcquisitionType": "2D"}, "T1 spin echo inversion recovery"),
        ({"ScanningSequence": "SE", "MRAcquisitionType": "3D"}, "T1 spin echo 3-D"),
        ({"ScanningSequence": "IR", "EchoTime": 3.2, "FlipAngle": 8}, "T1 gradient echo"),
        ({"ScanningSequence": "IR", "EchoTime": 12, "FlipAngle": 90}, "T1 spin echo inversion recovery"),
        ({}, "T1"),
        ({"ScanningSequence": "??", "FlipAngle": "nonsense"}, "T1"),
    ],
)
@pytest.mark.filterwarnings("ignore:Invalid value for VR")
def test_family_of_a_t1_follows_from_its_header(attributes, family):
    ds = Dataset()
    for keyword, value in attributes.items():
        try:
            setattr(ds, keyword, value)
        except ValueError:
            continue
    read = acquisition_of(ds)
    found = Volume(
        np.zeros((3, 2, 2), np.float32), np.eye(4), "1", (), contrast=Contrast.T1, acquisition=read
    )
    assert protocol_of(found).family == family


def test_enhanced_headers_say_the_same():
    ds = enhanced(
        MRTimingAndRelatedParametersSequence=header(FlipAngle=9.0, RFEchoTrainLength=1),
        MRModifierSequence=header(InversionRecovery="YES"),
        MRImagingModifierSequence=header(MagnetizationTransfer="NONE"),
    )
    ds.EchoPulseSequence, ds.MRAcquisitionType = "GRADIENT", "3D"
    read = acquisition_of(ds)
    assert (read.gradient_echo, read.three_dimensional, read.inversion_recovery) == (True, True, True)
    assert (read.flip_angle, read.echo_train_length, read.magnetization_transfer) == (9, 1, False)


def test_legacy_converted_headers_say_the_same():
    ds = enhanced(
        UnassignedSharedConvertedAttributesSequence=header(
            ScanningSequence="SE", MRAcquisitionType="2D", EchoTrainLength=7, FlipAngle=120
        )
    )
    read = acquisition_of(ds)
    assert (read.gradient_echo, read.three_dimensional) == (False, False)
    assert (read.echo_train_length, read.flip_angle) == (7, 120)


def test_diffusion_weighting_and_transfer_pulse_are_read():
    macro = header(DiffusionBValue=1000.0)
    assert acquisition_of(enhanced(MRDiffusionSequence=macro)).b_value == 1000
    assert acquisition_of(header(DiffusionBValue=0.0)).b_value == 0
    assert acquisition_of(header(SequenceVariant=["SK", "MTC"])).magnetization_transfer is True
    assert acquisition_of(header(SequenceVariant="SK")).magnetization_transfer is False
    assert acquisition_of(header()).magnetization_transfer is None


@pytest.mark.parametrize(
    ("keyword", "value"), [("FlipAngle", "-5"), ("EchoTrainLength", "0"), ("DiffusionBValue", -1.0)]
)
def test_absurd_values_are_none(keyword, value):
    read = acquisition_of(header(**{keyword: value}))
    assert (read.flip_angle, read.echo_train_length, read.b_value) == (None, None, None)


@pytest.mark.parametrize(
    ("contrast", "family"),
    [
        (Contrast.T2, "T2"),
        (Contrast.FLAIR, "FLAIR"),
        (Contrast.T1_MTC, "T1 MTC"),
        (Contrast.ADC, "ADC"),
        (Contrast.DWI, "DWI"),
    ],
)
def test_family_of_other_contrasts_is_the_contrast(contrast, family):
    assert protocol_of(volume(contrast)).family == family


def test_a_near_isotropic_volume_counts_as_three_dimensional_where_the_header_is_silent():
    assert protocol_of(volume(Contrast.FLAIR, Plane.THREE_D)).family == "FLAIR 3-D"
    assert protocol_of(volume(Contrast.FLAIR, Plane.THREE_D, three_dimensional=False)).family == "FLAIR"


@pytest.mark.parametrize(
    ("tesla", "nominal"),
    [
        (0.2, 0.5), (0.35, 0.5), (0.55, 0.5), (1.0, 1.0), (1.16, 1.0), (1.4939, 1.5), (1.5, 1.5), (2.89, 3.0),
        (3.0, 3.0), (6.98, 7.0), (0, None), (-3, None), (None, None), (90, None),
        (float("nan"), None),
    ],
)  # fmt: skip
def test_field_strengths_have_classes(tesla, nominal):
    assert field_strength_class(tesla) == nominal


@pytest.mark.parametrize(
    ("stated", "name"),
    [
        ("SIEMENS", "Siemens"), ("Siemens Healthineers", "Siemens"), ("Siemens HealthCare GmbH", "Siemens"),
        ("Philips Medical Systems", "Philips"), ("Philips Healthcare", "Philips"),
        ("GE MEDICAL SYSTEMS", "GE"), ("GE HEALTHCARE", "GE"), ("GE", "GE"), ("TOSHIBA_MEC", "Canon"),
        ("CANON_MEC", "Canon"),
        ("UIH", "United Imaging"), ("  Acme   Scanners ", "Acme Scanners"), ("", None), (None, None),
        ("   ", None), ("Acme\x1b[2J\0", "Acme [2J"), ("\x1b\0", None),
    ],
)  # fmt: skip
def test_manufacturers_have_one_spelling(stated, name):
    assert manufacturer_name(stated) == name


@given(st.text(max_size=200))
def test_any_manufacturer_is_a_short_name_or_none(text):
    name = manufacturer_name(text)
    assert name is None or (0 < len(name) <= 32 and name.isprintable())


def test_wider_families_end_with_the_general_one():
    assert wider_families("T1 gradient echo 3-D") == (
        "T1 gradient echo 3-D",
        "T1 gradient echo",
        "T1 gradient",
        "T1",
        "general",
    )


def test_a_protocol_belongs_to_its_wider_groups():
    narrow = Protocol("FLAIR", 3.0, "GE")
    assert narrow.pooled() == (narrow, Protocol("FLAIR", 3.0), Protocol("FLAIR"))
    assert Protocol("FLAIR", None, "GE").pooled() == (Protocol("FLAIR"),)
    assert Protocol("FLAIR", 3.0).pooled() == (Protocol("FLAIR", 3.0), Protocol("FLAIR"))


def test_a_protocol_reads_as_a_radiologist_would_say_it():
    assert str(Protocol("FLAIR", 1.5, "GE")) == "FLAIR 1.5 T GE"
    assert str(Protocol("T1 spin echo", None, "GE")) == "T1 spin echo GE"
    assert Protocol.from_plain(Protocol("T2", 3.0, "GE").plain()) == Protocol("T2", 3.0, "GE")


def test_the_size_of_the_cord_is_compared_within_a_sex():
    def family(sex, sign, contrast=Contrast.T2):
        one = volume(contrast, patient_sex=sex, gradient_echo=True, three_dimensional=True)
        return protocol_of(one, sign).family

    assert family("F", Sign.CORD_ATROPHY) == "T2 female 3-D"
    assert family("M", Sign.CORD_ATROPHY, Contrast.T1) == "T1 male gradient echo 3-D"
    assert family("O", Sign.CORD_ATROPHY) == family("F", Sign.CORD_T2) == "T2 3-D"
    assert shipped_family(Sign.CORD_ATROPHY, "T1 male gradient echo 3-D").name == "T1 male"
