"""The maps that the synthetic head is drawn from, and how they were derived."""
