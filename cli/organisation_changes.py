"""What an organisation file would change, counted before it is imported."""

from collections.abc import Mapping, Sequence
from typing import Any

from schemas.organisation import HoldingRow
from storage.query import queries
from storage.read.row import Database


async def count_changes(database: Database, org: str, rows: Sequence[HoldingRow]) -> dict[str, int]:
    """People, posts and holdings that an import would add, change or take away."""
    q = queries("read")
    people = {r["identity_number"]: r for r in await q.known_people(database, org=org)}
    posts = {r["id"]: r for r in await q.known_posts(database, org=org)}
    known = await q.known_holdings(database, org=org)
    holdings = {tuple(r.values()) for r in known}
    named = {r.identity_number: r for r in rows}
    placed = {r.post: r for r in rows}
    held = {_holding(r) for r in rows}
    return {
        "rows": len(rows),
        "new people": len(named.keys() - people.keys()),
        "changed people": sum(
            (people[n]["name"], people[n]["kind"]) != (named[n].name, named[n].kind)
            for n in named.keys() & people.keys()
        ),
        "people who lose every post": len({r["identity_number"] for r in known} - named.keys()),
        "new posts": len(placed.keys() - posts.keys()),
        "changed posts": sum(_differs(posts[p], placed[p]) for p in placed.keys() & posts.keys()),
        "posts that go": len(posts.keys() - placed.keys()),
        "new holdings": len(held - holdings),
        "holdings that go": len(holdings - held),
    }


def _holding(row: HoldingRow) -> tuple[object, ...]:
    """In the order of the query's columns."""
    return (
        row.identity_number,
        row.post,
        row.capacity.value,
        row.decree,
        row.held_from,
        row.held_to,
    )


def _differs(post: Mapping[str, Any], row: HoldingRow) -> bool:
    was = (post["unit"], post["superior"], post["level"], post["office"])
    return was != (row.unit, row.superior_post, row.level, row.office)
