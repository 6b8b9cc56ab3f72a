"""The headers of a series → contrast, body part, plane, and why. Pure.

``headers`` reads them, ``stacks`` splits a series into volumes, ``series`` says what each is; the tables of
evidence are ``words``, ``kinds`` and ``body``.
"""

from listener.classification.series import CONFIDENT, Classification, classify, classify_lines

__all__ = ["CONFIDENT", "Classification", "classify", "classify_lines"]
