"""The pictures of a study, as the dashboard shows them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete
from sqlalchemy.orm import Session

from db.models import Picture


@dataclass(frozen=True, slots=True)
class NewPicture:
    """A picture to keep.

    Attributes
    ----------
    sign
        Key of the sign that it shows; ``None`` for an overview.
    png
        The picture, as a PNG file.
    """

    title: str
    png: bytes
    sign: str | None = None


def replace_pictures(
    session: Session, study_id: int, version: int, analysis: str, pictures: Sequence[NewPicture]
) -> None:
    """Store the pictures of an analysis; those of its earlier runs, on any version of the study, go."""
    session.execute(delete(Picture).where(Picture.study_id == study_id, Picture.analysis == analysis))
    session.add_all(
        Picture(
            study_id=study_id,
            version=version,
            analysis=analysis,
            position=position,
            sign=picture.sign,
            title=picture.title,
            png=picture.png,
        )
        for position, picture in enumerate(pictures)
    )
