"""An MMSC as a carrier, by MM7: docs/mm7.md tells what becomes of an MMS."""
