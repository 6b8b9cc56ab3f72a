"""A key image as a PNG file, for a browser."""

from io import BytesIO

from PIL import Image
from pydicom.dataset import Dataset


def preview(key_image: Dataset) -> bytes:
    """A key image as a PNG file of the same pixels.

    Parameters
    ----------
    key_image
        As :func:`reports.key_images.objects.key_image_objects` makes it: uncompressed RGB.
    """
    size = (int(key_image.Columns), int(key_image.Rows))
    stream = BytesIO()
    Image.frombytes("RGB", size, key_image.PixelData).save(stream, "PNG")
    return stream.getvalue()
