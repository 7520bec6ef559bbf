"""Carriers, by the ids that all nodes know them by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kavle.store.postgres.rows import Db, Proof, columns
from kavle.store.types import CarrierTerms

_NEW_CARRIERS: Final = (
    # Those that are there are not tried: that would use up ids.
    "INSERT INTO carrier (name, hold, whole, service) SELECT * FROM"
    " unnest($1::text[], $2::bool[], $3::bool[], $4::smallint[]) AS one(name, hold, whole, service)"
    " WHERE NOT EXISTS (SELECT FROM carrier WHERE carrier.name = one.name) ON CONFLICT (name) DO NOTHING"
)
_CARRIERS: Final = (
    "UPDATE carrier AS c SET hold = one.hold, whole = one.whole"
    " FROM unnest($1::text[], $2::bool[], $3::bool[], $4::smallint[]) AS one(name, hold, whole, service)"
    " WHERE c.name = one.name AND c.service = one.service AND (c.hold, c.whole) <> (one.hold, one.whole)"
)


async def carrier_ids(
    db: Db, wanted: Sequence[Sequence[CarrierTerms]]
) -> tuple[list[dict[str, int]], Proof | None]:
    terms = {one.name: one for carriers in wanted for one in carriers}
    ordered = [terms[name] for name in sorted(terms)]  # two nodes may start at once
    rows = columns([(one.name, one.hold, one.whole, int(one.service)) for one in ordered], 4)
    await db.execute(_NEW_CARRIERS, *rows)
    await db.execute(_CARRIERS, *rows)
    found = await db.fetch("SELECT name, service, id FROM carrier WHERE name = ANY($1::text[])", list(terms))
    known = {(name, service): id for name, service, id in found}
    ids = [
        {one.name: known[key] for one in carriers if (key := (one.name, int(one.service))) in known}
        for carriers in wanted
    ]
    return ids, None
