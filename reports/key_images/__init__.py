"""Pictures of what was found, as Secondary Capture objects that go to the PACS with the report."""

from reports.key_images.objects import key_image_objects
from reports.key_images.pictures import KeyPicture, pictures
from reports.key_images.preview import preview

__all__ = ["KeyPicture", "key_image_objects", "pictures", "preview"]
