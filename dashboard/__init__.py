"""The administrator's pages: what came, what ran, what failed and why, what waits. They only read."""
