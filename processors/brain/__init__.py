"""The signs of the brain: alignment with the atlas, corticospinal tract, motor band and precentral cortex."""
