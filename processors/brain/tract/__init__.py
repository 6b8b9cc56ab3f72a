"""The corticospinal tract in each series: found, measured, decided."""
