"""The cortex about the central sulcus: the motor band on SWI, and the volume of the precentral gyrus."""
