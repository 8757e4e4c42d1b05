-- What deciding again reads: a stretch of file streams at a time. Nothing here writes.
-- A stretch lies after one stream and ends with another; all of it begins with a prefix.

-- name: read_ends(prefix, page)
-- Every page-th file of those whose stream begins with the prefix, in order.
SELECT s.stream FROM (
    SELECT stream, row_number() OVER (ORDER BY stream) AS place
    FROM file
    WHERE starts_with(stream, :prefix)
) AS s
WHERE s.place % :page = 0
ORDER BY s.stream;

-- name: count_files(prefix)$
-- How many files there are; for the progress bar.
SELECT count(*) FROM file WHERE starts_with(stream, :prefix);

-- name: read_files(prefix, after, upto)
-- What the rows of files say, with the roster rows and the periods they were opened from.
SELECT
    f.stream, f.number, f.head, f.state, r.unit AS roster_unit, r.post AS roster_post,
    p.process, p.opened_at
FROM file AS f
LEFT JOIN roster AS r
    ON r.org = f.org AND r.period = f.period AND r.kind = f.kind AND r.person = f.person
LEFT JOIN period_run AS p ON p.org = r.org AND p.period = r.period AND p.kind = r.kind
WHERE f.stream > :after AND f.stream <= :upto AND starts_with(f.stream, :prefix);

-- name: read_events(prefix, after, upto)
-- Chains, with the hash of the content that is kept for each event; null once it is purged.
SELECT
    e.stream, e.number, e.org, e.hash, e.canonical, e.kind, e.act, e.command_id, e.actor,
    e.happened_at, e.recorded_at, c.salt, c.kept_hash
FROM event AS e
LEFT JOIN (
    SELECT stream, number, salt, encode(sha256(salt || body), 'hex') AS kept_hash
    FROM content
    WHERE stream > :after AND stream <= :upto
) AS c ON c.stream = e.stream AND c.number = e.number
WHERE e.stream > :after AND e.stream <= :upto AND starts_with(e.stream, :prefix)
ORDER BY e.stream, e.number;

-- name: read_commands(prefix, after, upto)
-- Commands with everything their decisions were made from, in the order received.
SELECT
    id, stream, act, actor, body, expected_version, via, os_user, salt, request_hash, received_at,
    outcome, decided_at
FROM command
WHERE stream > :after AND stream <= :upto AND starts_with(stream, :prefix)
ORDER BY stream, received_at, id;
