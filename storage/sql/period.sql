-- Opening the files of periods, letting time do what is due to them, and closing periods.

-- name: read_runs(org, untended_seconds)
-- Opened periods whose files are not all there, and which nobody has tended for so long.
SELECT org, period, kind FROM period_run
WHERE org = :org AND NOT is_complete
    AND (
        tended_at IS NULL
        OR tended_at <= clock_timestamp() - make_interval(secs => :untended_seconds)
    )
ORDER BY period, kind;

-- name: read_unopened(org, period, kind, after, page)
-- People of an opened period who have no file yet, a page at a time.
SELECT r.org, r.period, r.kind, r.person, r.unit
FROM roster AS r
LEFT JOIN file AS f
    ON f.org = r.org AND f.period = r.period AND f.kind = r.kind AND f.person = r.person
WHERE r.org = :org AND r.period = :period AND r.kind = :kind AND r.excluded_because IS NULL
    AND f.id IS NULL AND r.person > :after::uuid
ORDER BY r.person
LIMIT :page;

-- name: tend(org, period, kind)!
-- Somebody is opening the files of a period right now.
UPDATE period_run SET tended_at = clock_timestamp()
WHERE org = :org AND period = :period AND kind = :kind;

-- name: read_standing(org, period, kind)^
-- How many people are in a roster, and how many of them have a file.
SELECT count(*) AS included, count(f.id) AS files
FROM roster AS r
LEFT JOIN file AS f
    ON f.org = r.org AND f.period = r.period AND f.kind = r.kind AND f.person = r.person
WHERE r.org = :org AND r.period = :period AND r.kind = :kind AND r.excluded_because IS NULL;

-- name: read_unclosed(org)
-- Opened periods that are not closed, with what their files follow.
SELECT period, kind, process FROM period_run
WHERE org = :org AND closed_at IS NULL ORDER BY period, kind;

-- name: read_run(org, period, kind)^
-- One opened period.
SELECT process, opened_at, closed_at FROM period_run
WHERE org = :org AND period = :period AND kind = :kind;

-- name: read_behind(org, period, kind, at, after, page)
-- People whose file has not been decided up to an instant: it is not there yet, time has something
-- to do to it, or a command waits.
SELECT r.person
FROM roster AS r
LEFT JOIN file AS f
    ON f.org = r.org AND f.period = r.period AND f.kind = r.kind AND f.person = r.person
WHERE r.org = :org AND r.period = :period AND r.kind = :kind AND r.excluded_because IS NULL
    AND r.person > :after::uuid
    AND (
        f.id IS NULL
        OR f.ended IS NULL AND (
            f.wake_at <= :at
            OR EXISTS (
                SELECT FROM command AS c
                WHERE c.stream = f.stream AND c.outcome IS NULL AND c.received_at <= :at
            )
        )
    )
ORDER BY r.person
LIMIT :page;

-- name: count_open(org, period, kind, at)$
-- How many files of a period had not ended by an instant.
SELECT count(*)
FROM roster AS r
LEFT JOIN file AS f
    ON f.org = r.org AND f.period = r.period AND f.kind = r.kind AND f.person = r.person
WHERE r.org = :org AND r.period = :period AND r.kind = :kind AND r.excluded_because IS NULL
    AND (f.ended IS NULL OR (f.state ->> 'ended_at')::timestamptz > :at);

-- name: count_ends(org, period, kind)
-- How the files of a period have ended, by unit.
SELECT
    unit, ended AS "end", (state ->> 'is_delegated')::boolean AS is_delegated, predicate,
    count(*)::integer AS files
FROM file
WHERE org = :org AND period = :period AND kind = :kind AND ended IS NOT NULL
GROUP BY unit, ended, is_delegated, predicate;

-- name: insert_summary(org, period, kind, units, verdicts, predicates, files)!
-- Freeze what a period has come to.
INSERT INTO period_summary (org, period, kind, unit, verdict, predicate, files)
SELECT :org, :period, :kind, s.unit, s.verdict, s.predicate, s.files
FROM unnest(:units::text[], :verdicts::text[], :predicates::text[], :files::integer[])
    AS s (unit, verdict, predicate, files);

-- name: close_run(org, period, kind, at)!
-- The period is closed, by an order of that instant.
UPDATE period_run SET closed_at = :at
WHERE org = :org AND period = :period AND kind = :kind AND closed_at IS NULL;

-- name: read_closings(org, period)
-- When the kinds of a period were closed; null for one that is open.
SELECT kind, closed_at FROM period_run
WHERE org = :org AND period = :period ORDER BY kind;

-- name: read_summary(org, period)
-- The frozen summary of a period.
SELECT kind, unit, verdict, predicate, files FROM period_summary
WHERE org = :org AND period = :period
ORDER BY kind, unit, verdict, predicate NULLS FIRST;

-- name: read_unrateable(org, period)
-- Files that ended without a result: for want of what, owed by whom, and what was recorded later.
SELECT
    f.id AS file, f.kind, f.unit, f.state #>> '{owed,turn}' AS turn,
    f.state #>> '{owed,role}' AS role, (f.state #>> '{owed,person}')::uuid AS person,
    (
        SELECT count(*) FROM event AS e WHERE e.stream = f.stream AND e.kind = 'late_recorded'
    ) AS late
FROM file AS f
WHERE f.org = :org AND f.period = :period AND f.ended = 'unrateable'
ORDER BY f.kind, f.unit, f.id;
