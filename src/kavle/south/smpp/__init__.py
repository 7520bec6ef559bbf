"""The SMPP 3.4 client carrier.

    core ──submit──► carrier ──► submitter ──► link ──► client ──► wire.smpp.Session ──► network
    core ◄── outcomes ── submitter, receipts ── deliveries ◄── link ◄── client ◄───────┘

`client` is one connection, by TLS as `tls` has it; `link` is one bind or a pair of them; `carrier` keeps one
link up; `submitter` fills its `window` at the `rate` that the `governor` finds the network to bear;
`deliveries` acknowledges what the network brings once it is on disk. `submit`, `outcomes` and `receipts` are
pure: nouns to PDUs and back.
"""
