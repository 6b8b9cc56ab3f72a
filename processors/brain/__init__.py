"""The signs of the brain: corticospinal tract, motor band, precentral cortex."""
