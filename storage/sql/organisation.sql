-- People, posts, holdings and mandates, and the acts on the organisation's own stream.

-- name: read_version(org)^
-- The organisation's version; rises with every act on it.
SELECT version FROM organisation WHERE org = :org;

-- name: read_posts(org)
-- Every post with its dates.
SELECT id, unit, superior, level, office, from_on, to_on FROM post WHERE org = :org;

-- name: read_holdings(org)
-- Every holding with its dates.
SELECT person, post, capacity, decree, from_on, to_on FROM holding WHERE org = :org;

-- name: read_mandates(org)
-- Every mandate with its dates.
SELECT person, post, decree, from_on, to_on FROM mandate WHERE org = :org;

-- name: raise_version(org)!
-- Say that the organisation has changed.
INSERT INTO organisation (org, version) VALUES (:org, 1)
ON CONFLICT (org) DO UPDATE SET version = organisation.version + 1;

-- name: upsert_people(org, ids, numbers, names, kinds)
-- Keep people by identity number; a known one keeps the id and takes name and kind.
INSERT INTO person (id, org, identity_number, name, kind)
SELECT p.id, :org, p.number, p.name, p.kind
FROM unnest(:ids::uuid[], :numbers::text[], :names::text[], :kinds::text[])
    AS p (id, number, name, kind)
ON CONFLICT (org, identity_number) DO UPDATE SET name = excluded.name, kind = excluded.kind
RETURNING id, identity_number;

-- name: clear_posts(org)!
-- Make room for the posts of a new organisation file.
DELETE FROM post WHERE org = :org;

-- name: clear_holdings(org)!
-- Make room for the holdings of a new organisation file.
DELETE FROM holding WHERE org = :org;

-- name: insert_posts(org, ids, units, superiors, levels, offices, froms, tos)!
-- Write posts.
INSERT INTO post (org, id, unit, superior, level, office, from_on, to_on)
SELECT :org, p.id, p.unit, p.superior, p.level, p.office, p.from_on, p.to_on
FROM unnest(
    :ids::text[], :units::text[], :superiors::text[], :levels::text[], :offices::text[],
    :froms::date[], :tos::date[]
) AS p (id, unit, superior, level, office, from_on, to_on);

-- name: insert_holdings(org, people, posts, capacities, decrees, froms, tos)!
-- Write holdings.
INSERT INTO holding (org, person, post, capacity, decree, from_on, to_on)
SELECT :org, h.person, h.post, h.capacity, h.decree, h.from_on, h.to_on
FROM unnest(
    :people::uuid[], :posts::text[], :capacities::text[], :decrees::text[], :froms::date[],
    :tos::date[]
) AS h (person, post, capacity, decree, from_on, to_on);

-- name: read_command(id)^
-- One command of any stream.
SELECT id, stream, act, actor, body, expected_version, via, os_user, received_at, outcome
FROM command WHERE id = :id;

-- name: insert_period_run(org, period, kind, process, opened_at)$
-- Open a period once; nothing is returned when it is open already.
INSERT INTO period_run (org, period, kind, process, opened_at)
VALUES (:org, :period, :kind, :process, :opened_at)
ON CONFLICT (org, period, kind) DO NOTHING
RETURNING period;

-- name: read_people(org)
-- Everybody, with the kind that decides about the roster.
SELECT id, kind FROM person WHERE org = :org ORDER BY id;

-- name: insert_roster(org, period, kind, people, units, posts, reasons)!
-- Freeze the roster.
INSERT INTO roster (org, period, kind, person, unit, post, excluded_because)
SELECT :org, :period, :kind, r.person, r.unit, r.post, r.reason
FROM unnest(:people::uuid[], :units::text[], :posts::text[], :reasons::text[])
    AS r (person, unit, post, reason);

-- name: count_roster(org, period, kind)^
-- How many are in a period's roster, and how many were left out.
SELECT
    count(*) FILTER (WHERE excluded_because IS NULL) AS included,
    count(*) FILTER (WHERE excluded_because IS NOT NULL) AS excluded
FROM roster WHERE org = :org AND period = :period AND kind = :kind;
