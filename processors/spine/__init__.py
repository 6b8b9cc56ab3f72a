"""The signs of the cervical cord: signal, area, shape."""
