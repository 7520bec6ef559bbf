"""SMPP 3.4 without I/O, after the "Short Message Peer to Peer Protocol Specification v3.4", issue 1.2.

    bytes ──► codec.Decoder ──► Pdu ──► session.Session ──► events ──► the application
    bytes ◄── codec.encode  ◄── body ◄── request, respond  ◄───────────────────┘

`pdus` and `ancillary` declare the PDUs as data, made of `body`, `fields` and `lists`; `codec` makes bytes of
them and the reverse, `hot` does the same faster for the few that a busy link is made of; `session` keeps the
states, sequence numbers and timers of one link in either role; `receipt` reads and writes delivery receipts.

A peer's faults are values, since they are to be expected; a caller's own are exceptions (`errors`).
"""
