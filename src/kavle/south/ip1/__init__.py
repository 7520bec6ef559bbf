"""iP.1's present interface, REST over https, as a carrier: docs/ip1.md tells which public page says what."""
