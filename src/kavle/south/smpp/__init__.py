"""The SMPP 3.4 client carrier.

    core ──submit──► carrier.SmppCarrier ──► link.Link ──► client.Client ──► wire.smpp.Session ──► network
    core ◄─outcomes, receipts── carrier, deliveries ◄── link ◄── client ◄──────────┘

`client` is one connection, by TLS as `tls` has it; `link` is one bind or a pair of them; `carrier` keeps one
link up and fills its window; `deliveries` acknowledges what the network brings once it is on disk. `submit`,
`outcomes` and `receipts` are pure: nouns to PDUs and back.
"""
