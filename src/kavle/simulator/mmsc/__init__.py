"""An MMSC, that of the simulated network: it speaks MM7 over HTTP (3GPP TS 23.140 §8.7), and its phones show
what comes."""
