-- People, posts, holdings, mandates and absences, and the acts on the organisation's own stream.

-- name: read_version(org)^
-- The organisation's version, which rises with every act on it, and those of its rules and calendar.
SELECT
    o.version, (SELECT count(*) FROM rule_override AS v WHERE v.org = o.org) AS rules_version,
    (SELECT count(*) FROM calendar_change AS k WHERE k.org = o.org) AS calendar_version
FROM organisation AS o WHERE o.org = :org;

-- name: read_versions(org)
-- Every version of the organisation, and since when it holds.
SELECT version, since, recorded_at FROM organisation_version WHERE org = :org ORDER BY version;

-- name: read_posts(org, version)
-- Every post with its dates, as known in a version.
SELECT id, unit, superior, level, office, from_on, to_on FROM post
WHERE org = :org AND known_from <= :version AND (known_until IS NULL OR known_until > :version);

-- name: read_holdings(org, version)
-- Every holding with its dates, as known in a version.
SELECT person, post, capacity, decree, from_on, to_on FROM holding
WHERE org = :org AND known_from <= :version AND (known_until IS NULL OR known_until > :version);

-- name: read_mandates(org, version)
-- Every mandate with its dates, as known in a version.
SELECT person, post, decree, from_on, to_on FROM mandate
WHERE org = :org AND known_from <= :version AND (known_until IS NULL OR known_until > :version);

-- name: read_absences(org, version)
-- Who does not serve, with the dates, as known in a version.
SELECT person, kind, decree, from_on, to_on FROM absence
WHERE org = :org AND known_from <= :version AND (known_until IS NULL OR known_until > :version);

-- name: raise_version(org, since)$
-- Begin a new version of the organisation; its number.
WITH raised AS (
    INSERT INTO organisation (org, version) VALUES (:org, 1)
    ON CONFLICT (org) DO UPDATE SET version = organisation.version + 1
    RETURNING org, version
)
INSERT INTO organisation_version (org, version, since)
SELECT r.org, r.version, :since FROM raised AS r
RETURNING version;

-- name: upsert_people(org, ids, numbers, names, kinds)
-- Keep people by identity number; a known one keeps the id and takes name and kind.
INSERT INTO person (id, org, identity_number, name, kind)
SELECT p.id, :org, p.number, p.name, p.kind
FROM unnest(:ids::uuid[], :numbers::text[], :names::text[], :kinds::text[])
    AS p (id, number, name, kind)
ON CONFLICT (org, identity_number) DO UPDATE SET name = excluded.name, kind = excluded.kind
RETURNING id, identity_number;

-- name: replace_posts(org, version, ids, units, superiors, levels, offices, froms, tos)!
-- From this version on these are the posts: what is new is added, what is gone is known no more.
WITH wanted AS (
    SELECT *
    FROM unnest(
        :ids::text[], :units::text[], :superiors::text[], :levels::text[], :offices::text[],
        :froms::date[], :tos::date[]
    ) AS w (id, unit, superior, level, office, from_on, to_on)
), gone AS (
    UPDATE post AS p SET known_until = :version
    WHERE p.org = :org AND p.known_until IS NULL AND NOT EXISTS (
        SELECT FROM wanted AS w
        WHERE w.id = p.id AND w.from_on = p.from_on
            AND (w.unit, w.superior, w.level, w.office, w.to_on)
            IS NOT DISTINCT FROM (p.unit, p.superior, p.level, p.office, p.to_on)
    )
)
INSERT INTO post (org, id, unit, superior, level, office, from_on, to_on, known_from)
SELECT :org, w.id, w.unit, w.superior, w.level, w.office, w.from_on, w.to_on, :version
FROM wanted AS w
WHERE NOT EXISTS (
    SELECT FROM post AS p
    WHERE p.org = :org AND p.known_until IS NULL AND w.id = p.id AND w.from_on = p.from_on
        AND (w.unit, w.superior, w.level, w.office, w.to_on)
        IS NOT DISTINCT FROM (p.unit, p.superior, p.level, p.office, p.to_on)
);

-- name: replace_holdings(org, version, people, posts, capacities, decrees, froms, tos)!
-- From this version on these are the holdings, as in replace_posts.
WITH wanted AS (
    SELECT *
    FROM unnest(
        :people::uuid[], :posts::text[], :capacities::text[], :decrees::text[], :froms::date[],
        :tos::date[]
    ) AS w (person, post, capacity, decree, from_on, to_on)
), gone AS (
    UPDATE holding AS h SET known_until = :version
    WHERE h.org = :org AND h.known_until IS NULL AND NOT EXISTS (
        SELECT FROM wanted AS w
        WHERE w.person = h.person AND w.post = h.post
            AND (w.capacity, w.decree, w.from_on, w.to_on)
            IS NOT DISTINCT FROM (h.capacity, h.decree, h.from_on, h.to_on)
    )
)
INSERT INTO holding (org, person, post, capacity, decree, from_on, to_on, known_from)
SELECT :org, w.person, w.post, w.capacity, w.decree, w.from_on, w.to_on, :version
FROM wanted AS w
WHERE NOT EXISTS (
    SELECT FROM holding AS h
    WHERE h.org = :org AND h.known_until IS NULL AND w.person = h.person AND w.post = h.post
        AND (w.capacity, w.decree, w.from_on, w.to_on)
        IS NOT DISTINCT FROM (h.capacity, h.decree, h.from_on, h.to_on)
);

-- name: replace_absences(org, version, people, kinds, decrees, froms, tos)!
-- From this version on these are the absences, as in replace_posts.
WITH wanted AS (
    SELECT *
    FROM unnest(
        :people::uuid[], :kinds::text[], :decrees::text[], :froms::date[], :tos::date[]
    ) AS w (person, kind, decree, from_on, to_on)
), gone AS (
    UPDATE absence AS a SET known_until = :version
    WHERE a.org = :org AND a.known_until IS NULL AND NOT EXISTS (
        SELECT FROM wanted AS w
        WHERE w.person = a.person
            AND (w.kind, w.decree, w.from_on, w.to_on)
            IS NOT DISTINCT FROM (a.kind, a.decree, a.from_on, a.to_on)
    )
)
INSERT INTO absence (org, person, kind, decree, from_on, to_on, known_from)
SELECT :org, w.person, w.kind, w.decree, w.from_on, w.to_on, :version
FROM wanted AS w
WHERE NOT EXISTS (
    SELECT FROM absence AS a
    WHERE a.org = :org AND a.known_until IS NULL AND w.person = a.person
        AND (w.kind, w.decree, w.from_on, w.to_on)
        IS NOT DISTINCT FROM (a.kind, a.decree, a.from_on, a.to_on)
);

-- name: replace_mandate(org, version, person, post, decree, from_on, to_on)!
-- From this version on a person's mandate for a post that begins on that day reads like this.
WITH gone AS (
    UPDATE mandate SET known_until = :version
    WHERE org = :org AND person = :person AND post = :post AND from_on = :from_on
        AND known_until IS NULL
)
INSERT INTO mandate (org, person, post, decree, from_on, to_on, known_from)
VALUES (:org, :person, :post, :decree, :from_on, :to_on, :version);

-- name: knows_person(org, id)$
-- Whether somebody belongs to the organisation.
SELECT EXISTS (SELECT FROM person WHERE org = :org AND id = :id);

-- name: known_of(org, ids)
-- Those of these people who belong to the organisation.
SELECT id FROM person WHERE org = :org AND id = any(:ids::uuid[]);

-- name: read_undecided(stream, asked)
-- The undecided commands of a stream and the one asked about, in the order received.
SELECT id, stream, act, actor, body, expected_version, via, os_user, received_at, outcome
FROM command
WHERE stream = :stream AND (outcome IS NULL OR id = :asked)
ORDER BY received_at, id;

-- name: insert_period_run(org, period, kind, process, opened_at)$
-- Open a period once; nothing is returned when it is open already.
INSERT INTO period_run (org, period, kind, process, opened_at, tended_at)
VALUES (:org, :period, :kind, :process, :opened_at, clock_timestamp())
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
