"""A key image as a small PNG file, for a browser."""

from io import BytesIO

from PIL import Image
from pydicom.dataset import Dataset

COLOURS = 256


def preview(key_image: Dataset) -> bytes:
    """A key image as a PNG file of its full size, with the few colours that it needs.

    Parameters
    ----------
    key_image
        As :func:`reports.key_images.objects.key_image_objects` makes it: uncompressed RGB.
    """
    size = (int(key_image.Columns), int(key_image.Rows))
    picture = Image.frombytes("RGB", size, key_image.PixelData)
    stream = BytesIO()
    picture.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(stream, "PNG")
    return stream.getvalue()
