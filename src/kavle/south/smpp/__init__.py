"""The SMPP 3.4 client carrier.

    core ──submit──► carrier.SmppCarrier ──► client.Client ──► wire.smpp.Session ──► the network
    core ◄─outcomes, receipts── carrier, deliveries ◄── client ◄──────────┘

`client` is one connection, `carrier` keeps one up and fills its window, `deliveries` acknowledges what the
network brings once it is on disk. `submit`, `outcomes` and `receipts` are pure: nouns to PDUs and back.
"""
