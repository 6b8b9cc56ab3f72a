"""Series of MR instances to send: real sizes, made-up pixels."""

from pathlib import Path

import numpy as np
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, generate_uid


def write_series(folder: Path, images: int, size: int, seed: int) -> list[Path]:
    """Write one series of square 16-bit instances, and give its files in order."""
    folder.mkdir(parents=True)
    draw = np.random.default_rng(seed)
    noise = draw.integers(0, 4096, (size, size), dtype=np.uint16)
    study, series, frame = generate_uid(), generate_uid(), generate_uid()
    files = []
    for number in range(1, images + 1):
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID = MRImageStorage
        meta.MediaStorageSOPInstanceUID = generate_uid()
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        ds = FileDataset("", {}, file_meta=meta, preamble=bytes(128))
        ds.SOPClassUID, ds.SOPInstanceUID = MRImageStorage, meta.MediaStorageSOPInstanceUID
        ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.FrameOfReferenceUID = study, series, frame
        ds.PatientName, ds.PatientID, ds.StudyID, ds.AccessionNumber = "Bench^Mark", "BENCH", "1", "B1"
        ds.PatientBirthDate, ds.PatientSex, ds.StudyDate, ds.StudyTime = "19700101", "O", "20250101", "120000"
        ds.Modality, ds.Manufacturer, ds.SeriesDescription = "MR", "SIEMENS", "t1_mprage_sag"
        ds.SeriesNumber, ds.InstanceNumber, ds.ReferringPhysicianName = 1, number, ""
        ds.ScanningSequence, ds.SequenceVariant, ds.MRAcquisitionType = ["GR", "IR"], ["SP", "MP"], "3D"
        ds.RepetitionTime, ds.EchoTime, ds.InversionTime, ds.EchoTrainLength = "2300", "2.98", "900", "1"
        ds.ImageType = ["ORIGINAL", "PRIMARY", "M", "ND", "NORM"]
        ds.ImagePositionPatient = [0, 0, number]
        ds.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        ds.PixelSpacing, ds.SliceThickness = [1, 1], "1"
        ds.Rows = ds.Columns = size
        ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
        ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
        ds.PixelData = np.roll(noise, number).tobytes()
        files.append(folder / f"IM{number:04d}.dcm")
        ds.save_as(files[-1], enforce_file_format=True)
    return files
