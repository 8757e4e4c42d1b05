-- What reconciling reads, and the notices it writes again.

-- name: read_unopened(org, after_seconds)
-- Periods that were opened a while ago and have people without a file.
SELECT r.period, r.kind, count(*) AS people
FROM period_run AS p
JOIN event AS e ON e.stream = 'organisation/' || p.org AND e.happened_at = p.opened_at
JOIN roster AS r ON r.org = p.org AND r.period = p.period AND r.kind = p.kind
LEFT JOIN file AS f
    ON f.org = r.org AND f.period = r.period AND f.kind = r.kind AND f.person = r.person
WHERE p.org = :org AND r.excluded_because IS NULL AND f.id IS NULL
    AND e.kind = 'period_opened'
    AND e.recorded_at < clock_timestamp() - make_interval(secs => :after_seconds)
GROUP BY r.period, r.kind
ORDER BY r.period, r.kind;

-- name: read_undecided(org, after_seconds)
-- Streams with commands that have had no outcome for a while, and the newest of them.
SELECT
    stream, count(*) AS commands,
    (array_agg(id ORDER BY received_at DESC, id DESC))[1] AS newest
FROM command
WHERE org = :org AND outcome IS NULL
    AND stored_at < clock_timestamp() - make_interval(secs => :after_seconds)
GROUP BY stream
ORDER BY stream;

-- name: read_open(org, after, page)
-- Open files with their states, a page at a time.
SELECT stream, state, calendar_taken FROM file
WHERE org = :org AND ended IS NULL AND stream > :after ORDER BY stream LIMIT :page;

-- name: read_untold(org, after, page)
-- Files with an event that usually tells somebody and lacks a notice, a page at a time. A signature
-- that delivers a result is told of by the delivery.
SELECT DISTINCT e.stream FROM event AS e
WHERE e.org = :org AND starts_with(e.stream, 'file/') AND e.stream > :after
    AND e.kind NOT IN ('rung_skipped', 'calendar_noted')
    AND NOT EXISTS (
        -- Who hands a task over is told besides who gets it.
        SELECT FROM outbox AS o WHERE o.stream = e.stream AND o.number = e.number
        HAVING count(*) > CASE
            WHEN e.kind = 'handed_over'
                AND convert_from(e.canonical, 'UTF8')::jsonb #> '{data,note_until}' IS NOT NULL
            THEN 1 ELSE 0
        END
    )
    AND NOT EXISTS (
        SELECT FROM event AS d
        WHERE d.stream = e.stream AND d.number = e.number + 1 AND d.kind = 'delivered'
    )
ORDER BY e.stream
LIMIT :page;

-- name: read_undelivered(org)
-- Notices that no inbox has.
SELECT o.id, o.stream, o.number, o.topic FROM outbox AS o
LEFT JOIN inbox AS i ON i.outbox = o.id
WHERE o.org = :org AND i.outbox IS NULL
ORDER BY o.id;

-- name: deliver(id)!
-- Deliver a notice to its recipient's inbox, when it was written.
INSERT INTO inbox (outbox, recipient, accepted_at)
SELECT id, recipient, created_at FROM outbox WHERE id = :id
ON CONFLICT (outbox) DO NOTHING;

-- name: write_notice(org, stream, number, topic, recipient, once_key, created_at)!
-- Write a notice of an event again, once, and deliver it to the inbox.
WITH written AS (
    INSERT INTO outbox (org, stream, number, topic, recipient, once_key, created_at)
    VALUES (:org, :stream, :number, :topic, :recipient, :once_key, :created_at)
    ON CONFLICT (once_key) DO NOTHING
    RETURNING id, recipient, created_at
)
INSERT INTO inbox (outbox, recipient, accepted_at)
SELECT id, recipient, created_at FROM written;

-- name: read_orphans(org)
-- Rows whose file or event is not there.
SELECT f.stream, 'a file without its last event' AS what FROM file AS f
LEFT JOIN event AS e ON e.stream = f.stream AND e.number = f.number
WHERE f.org = :org AND e.stream IS NULL
UNION ALL
SELECT e.stream, 'events of a file that is not there' FROM event AS e
LEFT JOIN file AS f ON f.stream = e.stream
WHERE e.org = :org AND e.number = 0 AND starts_with(e.stream, 'file/') AND f.id IS NULL
UNION ALL
SELECT f.stream, 'a reminder of an event that is not there: rung ' || r.rung FROM reminder AS r
JOIN file AS f ON f.id = r.file
LEFT JOIN event AS e ON e.stream = f.stream AND e.number = r.number
WHERE f.org = :org AND e.stream IS NULL
UNION ALL
SELECT o.stream, 'a notice of an event that is not there: ' || o.topic FROM outbox AS o
LEFT JOIN event AS e ON e.stream = o.stream AND e.number = o.number
WHERE o.org = :org AND e.stream IS NULL
UNION ALL
SELECT c.stream, 'a content of an event that is not there' FROM content AS c
LEFT JOIN event AS e ON e.stream = c.stream AND e.number = c.number
WHERE split_part(c.stream, '/', 2) = :org AND e.stream IS NULL
UNION ALL
SELECT v.stream, 'a plan version of an event that is not there' FROM plan_version AS v
LEFT JOIN event AS e ON e.stream = v.stream AND e.number = v.number
WHERE v.org = :org AND e.stream IS NULL
ORDER BY 1, 2;
