"""How each vendor names and scales its series."""

from dataclasses import dataclass

from phantoms.patient import Vendor


@dataclass(frozen=True, slots=True)
class Style:
    """A vendor's habits.

    Attributes
    ----------
    image_type, swi_image_type, adc_image_type, dwi_image_type
        Image Type of ordinary magnitude images, of processed SWI, of maps of the diffusion coefficient and of
        diffusion-weighted images averaged over their directions.
    names
        Protocol name by key of the series.
    sequence_names
        Sequence Name (0018,0024) by key; empty where the vendor writes none.
    signal_scale
        Stored value of white matter before shading.
    signed
        Whether pixels are stored as signed integers.
    rescales
        Whether a Rescale Slope and Intercept are written.
    """

    manufacturer: str
    model: str
    software: str
    field_strength: float
    image_type: tuple[str, ...]
    swi_image_type: tuple[str, ...]
    adc_image_type: tuple[str, ...]
    dwi_image_type: tuple[str, ...]
    names: dict[str, str]
    sequence_names: dict[str, str]
    scan_options: str
    signal_scale: float
    signed: bool = False
    rescales: bool = False


STYLES: dict[Vendor, Style] = {
    Vendor.SIEMENS: Style(
        manufacturer="SIEMENS",
        model="Prisma",
        software="syngo MR E11",
        field_strength=3.0,
        image_type=("ORIGINAL", "PRIMARY", "M", "ND", "NORM"),
        swi_image_type=("ORIGINAL", "PRIMARY", "M", "SWI", "NORM"),
        adc_image_type=("DERIVED", "PRIMARY", "DIFFUSION", "ADC", "NORM"),
        dwi_image_type=("DERIVED", "PRIMARY", "DIFFUSION", "TRACEW", "NORM"),
        names={
            "t1": "t1_se_tra",
            "t2": "t2_tse_tra",
            "flair": "t2_tirm_tra_dark-fluid",
            "swi": "SWI_Images",
            "t1_mprage": "t1_mprage_sag_p2_iso",
            "t1_mtc": "t1_fl2d_mt_tra",
            "t2_star": "t2_fl2d_tra_hemo",
            "adc": "ep2d_diff_tra_ADC",
            "t1_flash": "t1_fl2d_tra",
            "flair_3d": "t2_space_da-fl_sag_iso",
            "dwi": "ep2d_diff_tra_TRACEW",
            "cervical_t1_sag": "t1_tse_sag",
            "cervical_t2_sag": "t2_tse_sag",
            "cervical_t1_ax": "t1_tse_tra",
            "cervical_t2_ax": "t2_tse_tra",
            "cervical_t1_gre_ax": "t1_fl2d_tra cspine",
            "cervical_t2_star_ax": "t2_me2d_tra cspine",
            "cervical_t1_3d": "t1_mprage_sag_iso cspine",
            "cervical_t2_3d": "t2_spc_sag_iso cspine",
        },
        sequence_names={
            "t1": "*se2d1",
            "t2": "*tse2d1_15",
            "flair": "*tir2d1_16",
            "swi": "*swi3d1r",
            "t1_mprage": "*tfl3d1_16ns",
            "t1_mtc": "*fl2d1",
            "t2_star": "*fl2d1",
            "adc": "*ep_b0_1000",
            "t1_flash": "*fl2d1",
            "flair_3d": "*spcir_242ns",
            "dwi": "*ep_b1000t",
            "cervical_t1_sag": "*tse2d1_3",
            "cervical_t2_sag": "*tse2d1_17",
            "cervical_t1_ax": "*tse2d1_3",
            "cervical_t2_ax": "*tse2d1_17",
            "cervical_t1_gre_ax": "*fl2d1",
            "cervical_t2_star_ax": "*me2d1r4",
            "cervical_t1_3d": "*tfl3d1_16ns",
            "cervical_t2_3d": "*spcR_60ns",
        },
        scan_options="PFP",
        signal_scale=420.0,
    ),
    Vendor.PHILIPS: Style(
        manufacturer="Philips Medical Systems",
        model="Ingenia",
        software="5.6.1",
        field_strength=3.0,
        image_type=("ORIGINAL", "PRIMARY", "M_SE", "M", "SE"),
        swi_image_type=("ORIGINAL", "PRIMARY", "M_FFE", "M", "FFE"),
        adc_image_type=("DERIVED", "PRIMARY", "ADC", "ADC", "UNSPECIFIED"),
        dwi_image_type=("ORIGINAL", "PRIMARY", "DIFFUSION", "M", "SE"),
        names={
            "t1": "T1W_SE",
            "t2": "T2W_TSE",
            "flair": "FLAIR_longTR",
            "swi": "SWIp",
            "t1_mprage": "sT1W_3D_TFE",
            "t1_mtc": "T1W_MTC_FFE",
            "t2_star": "T2W_FFE",
            "adc": "dADC",
            "t1_flash": "T1W_FFE",
            "flair_3d": "sVFLAIR",
            "dwi": "DWI_b1000",
            "cervical_t1_sag": "T1W_TSE_sag Csp",
            "cervical_t2_sag": "T2W_TSE_sag Csp",
            "cervical_t1_ax": "T1W_TSE_ax Csp",
            "cervical_t2_ax": "T2W_TSE_ax Csp",
            "cervical_t1_gre_ax": "T1W_FFE_ax Csp",
            "cervical_t2_star_ax": "T2W_mFFE_ax Csp",
            "cervical_t1_3d": "T1W_3D_TFE_sag Csp",
            "cervical_t2_3d": "T2W_3D_VISTA_sag Csp",
        },
        sequence_names={},
        scan_options="FC",
        signal_scale=700.0,
        rescales=True,
    ),
    Vendor.GE: Style(
        manufacturer="GE MEDICAL SYSTEMS",
        model="DISCOVERY MR750",
        software="27",
        field_strength=3.0,
        image_type=("ORIGINAL", "PRIMARY", "OTHER"),
        swi_image_type=("ORIGINAL", "PRIMARY", "OTHER"),
        adc_image_type=("DERIVED", "PRIMARY", "ADC"),
        dwi_image_type=("ORIGINAL", "PRIMARY", "OTHER"),
        names={
            "t1": "Ax T1 SE",
            "t2": "Ax T2 FRFSE",
            "flair": "Ax T2 FLAIR",
            "swi": "Ax SWAN",
            "t1_mprage": "Sag 3D T1 BRAVO",
            "t1_mtc": "Ax T1 MT",
            "t2_star": "Ax T2* GRE",
            "adc": "Ax ADC",
            "t1_flash": "Ax T1 SPGR",
            "flair_3d": "Sag CUBE T2 FLAIR",
            "dwi": "Ax DWI b1000",
            "cervical_t1_sag": "Sag T1 FSE C-Spine",
            "cervical_t2_sag": "Sag T2 FRFSE C-Spine",
            "cervical_t1_ax": "Ax T1 FSE C-Spine",
            "cervical_t2_ax": "Ax T2 FRFSE C-Spine",
            "cervical_t1_gre_ax": "Ax T1 SPGR C-Spine",
            "cervical_t2_star_ax": "Ax MERGE C-Spine",
            "cervical_t1_3d": "Sag 3D T1 BRAVO C-Spine",
            "cervical_t2_3d": "Sag T2 CUBE C-Spine",
        },
        sequence_names={},
        scan_options="FAST_GEMS",
        signal_scale=1200.0,
        signed=True,
    ),
}
