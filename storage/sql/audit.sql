-- What the check reads: the whole record, a page of streams at a time. Nothing here writes.

-- name: read_streams(org, after, page)
-- The next streams of an organisation that a file, an event or a command speaks of.
SELECT s.stream FROM (
    (
        SELECT stream FROM file
        WHERE org = :org AND stream > :after ORDER BY stream LIMIT :page
    )
    UNION
    (
        SELECT DISTINCT stream FROM event
        WHERE org = :org AND stream > :after ORDER BY stream LIMIT :page
    )
    UNION
    (
        SELECT DISTINCT stream FROM command
        WHERE org = :org AND stream > :after ORDER BY stream LIMIT :page
    )
) AS s
ORDER BY s.stream
LIMIT :page;

-- name: count_files(org)$
-- How many files there are; for the progress bar.
SELECT count(*) FROM file WHERE org = :org;

-- name: read_now()$
-- The database's own time, which recorded_at and stored_at are in.
SELECT clock_timestamp();

-- name: read_files(streams)
-- Files with the roster rows and the periods they were opened from.
SELECT
    f.id, f.org, f.period, f.kind, f.person, f.stream, f.unit, f.number, f.head, f.last_at,
    f.stage, f.turn, f.visit, f.version, f.awaits, f.due_at, f.wake_at, f.wake_real_at, f.ended,
    f.state, f.calendar_taken, r.unit AS roster_unit, r.post AS roster_post, p.process, p.opened_at
FROM file AS f
LEFT JOIN roster AS r
    ON r.org = f.org AND r.period = f.period AND r.kind = f.kind AND r.person = f.person
LEFT JOIN period_run AS p ON p.org = r.org AND p.period = r.period AND p.kind = r.kind
WHERE f.stream = any(:streams::text[]);

-- name: read_events(streams)
-- Chains, with the hash of the content that is kept for each event; null once it is purged.
SELECT
    e.stream, e.number, e.org, e.hash, e.canonical, e.kind, e.act, e.command_id, e.actor,
    e.happened_at, e.recorded_at, c.salt, encode(sha256(c.salt || c.body), 'hex') AS kept_hash
FROM event AS e
LEFT JOIN content AS c ON c.stream = e.stream AND c.number = e.number
WHERE e.stream = any(:streams::text[])
ORDER BY e.stream, e.number;

-- name: read_commands(streams)
-- Commands with everything their decisions were made from, in the order received.
SELECT
    id, org, stream, act, actor, body, expected_version, via, os_user, salt, request_hash,
    received_at, stored_at, outcome, decided_at
FROM command
WHERE stream = any(:streams::text[])
ORDER BY stream, received_at, id;

-- name: read_reminders(streams)
-- Rungs that were claimed.
SELECT f.stream, r.visit, r.rung, r.number, r.happened_at
FROM reminder AS r
JOIN file AS f ON f.id = r.file
WHERE f.stream = any(:streams::text[])
ORDER BY f.stream, r.number;

-- name: read_notices(streams)
-- Notices, each with what its recipient's inbox accepted.
SELECT
    o.id, o.org, o.stream, o.number, o.topic, o.recipient, o.once_key, o.created_at,
    i.recipient AS accepted_by, i.accepted_at
FROM outbox AS o
LEFT JOIN inbox AS i ON i.outbox = o.id
WHERE o.stream = any(:streams::text[])
ORDER BY o.stream, o.number, o.id;

-- name: read_contexts(hashes)
-- Contexts by value.
SELECT hash, value FROM context WHERE hash = any(:hashes::text[]);

-- name: read_calendars()
-- Every calendar by value.
SELECT version, value FROM calendar;

-- name: read_repeated_files(org)
-- People with more than one file of a kind in a period.
SELECT period, kind, person, count(*) AS files FROM file
WHERE org = :org GROUP BY period, kind, person HAVING count(*) > 1;

-- name: read_acknowledged(ids)
-- The outcomes of commands that people were told about.
SELECT id, stream, outcome FROM command WHERE id = any(:ids::uuid[]);

-- name: read_periods(org)
-- Opened periods, with what their rosters amount to.
SELECT
    p.period, p.kind, p.process, p.opened_at, p.is_complete,
    count(r.person) FILTER (WHERE r.excluded_because IS NULL) AS included,
    count(r.person) FILTER (WHERE r.excluded_because IS NOT NULL) AS excluded
FROM period_run AS p
LEFT JOIN roster AS r ON r.org = p.org AND r.period = p.period AND r.kind = p.kind
WHERE p.org = :org
GROUP BY p.org, p.period, p.kind
ORDER BY p.period, p.kind;

-- name: read_roster(org, period, kind)
-- A frozen roster.
SELECT person, unit, post, excluded_because FROM roster
WHERE org = :org AND period = :period AND kind = :kind ORDER BY person;

-- name: read_roster_mismatches(org, period, kind)
-- People whose roster row and file contradict each other: one without a file, or a file without.
SELECT
    coalesce(r.person, f.person) AS person, r.person IS NOT NULL AS is_listed,
    r.excluded_because, f.id AS file
FROM (SELECT * FROM roster WHERE org = :org AND period = :period AND kind = :kind) AS r
FULL JOIN (SELECT * FROM file WHERE org = :org AND period = :period AND kind = :kind) AS f
    ON f.person = r.person
WHERE (r.person IS NOT NULL AND r.excluded_because IS NULL) <> (f.id IS NOT NULL)
ORDER BY 1;

-- name: read_unlisted_files(org)
-- Files of periods that were never opened.
SELECT f.stream FROM file AS f
LEFT JOIN period_run AS p ON p.org = f.org AND p.period = f.period AND p.kind = f.kind
WHERE f.org = :org AND p.period IS NULL
ORDER BY f.stream;

-- name: read_content(stream, number)$
-- What an act said; null once it is purged.
SELECT body FROM content WHERE stream = :stream AND number = :number;

-- name: read_people(org)
-- Everybody by identity number.
SELECT id, identity_number, name, kind FROM person WHERE org = :org;

-- name: read_open(org, after, page)
-- Open files, a page at a time.
SELECT stream FROM file
WHERE org = :org AND ended IS NULL AND stream > :after ORDER BY stream LIMIT :page;

-- name: read_ended(streams)
-- How files ended; null for open ones.
SELECT stream, ended FROM file WHERE stream = any(:streams::text[]);

-- name: read_plans(org, people)
-- The versions of people's annual plans, with when each agreement was recorded.
SELECT v.stream, v.number, v.person, v.year, v.version, v.since, v.results, e.recorded_at
FROM plan_version AS v
JOIN event AS e ON e.stream = v.stream AND e.number = v.number
WHERE v.org = :org AND v.person = any(:people::uuid[])
ORDER BY v.person, v.year, v.version;

-- name: read_plan_owners(org, people)
-- The years in whose rosters people are, so that they owe a plan; with when their files ended, and
-- when that was recorded.
SELECT
    r.person, r.period AS year, (f.state ->> 'ended_at')::timestamptz AS ended_at, e.recorded_at
FROM roster AS r
LEFT JOIN file AS f
    ON f.org = r.org AND f.period = r.period AND f.kind = r.kind AND f.person = r.person
LEFT JOIN event AS e ON e.stream = f.stream AND e.number = f.number
WHERE r.org = :org AND r.person = any(:people::uuid[]) AND length(r.period) = 4
    AND r.excluded_because IS NULL;

-- name: read_stray_plans(org)
-- Versions of plans that belong to no agreement on the annual file of that person and year.
SELECT v.stream, v.number FROM plan_version AS v
LEFT JOIN event AS e ON e.stream = v.stream AND e.number = v.number
LEFT JOIN file AS f ON f.stream = v.stream
WHERE v.org = :org AND (
    e.kind IS DISTINCT FROM 'plan_agreed'
    OR (f.org, f.person, f.period) IS DISTINCT FROM (v.org, v.person, v.year)
)
ORDER BY v.stream, v.number;

-- name: read_unit_steps(org)
-- Everything units have proposed, set and corrected, with when it was recorded.
SELECT u.unit, u.period, u.number, u.step, u.predicate, u.since, e.recorded_at
FROM unit_predicate AS u
JOIN event AS e ON e.stream = u.stream AND e.number = u.number
WHERE u.org = :org
ORDER BY u.unit, u.period, u.number;

-- name: read_overrides(org)
-- Everything that was set of the rules, in order, with when it was recorded; null without event.
SELECT
    (o.number + 1)::integer AS version, o.rule, o.parameters AS "values", o.from_on, o.source,
    o.since, e.recorded_at
FROM rule_override AS o
LEFT JOIN event AS e ON e.stream = o.stream AND e.number = o.number
WHERE o.org = :org
ORDER BY o.number;

-- name: read_closed_runs(org)
-- Opened periods with when they were closed, for the closings.
SELECT period, kind, process, opened_at, closed_at FROM period_run
WHERE org = :org ORDER BY period, kind;

-- name: read_ends(org, period, kind)
-- Everybody of a roster with how and when his file ended; null where it has not, or is not there.
SELECT
    r.person, f.stream, f.unit, f.ended AS "end", f.predicate,
    (f.state ->> 'is_delegated')::boolean AS is_delegated,
    (f.state ->> 'ended_at')::timestamptz AS ended_at
FROM roster AS r
LEFT JOIN file AS f
    ON f.org = r.org AND f.period = r.period AND f.kind = r.kind AND f.person = r.person
WHERE r.org = :org AND r.period = :period AND r.kind = :kind AND r.excluded_because IS NULL
ORDER BY r.person;

-- name: read_summaries(org)
-- What closed periods were frozen as.
SELECT period, kind, unit, verdict, predicate, files FROM period_summary
WHERE org = :org ORDER BY period, kind, unit, verdict, predicate NULLS FIRST;

-- name: read_occurrences(org)
-- What became of everything that was to run by itself.
SELECT schedule, nominal, verdict, reason, started_at FROM occurrence
WHERE org = :org ORDER BY schedule, nominal;
-- name: read_calendar_changes(org)
-- Everything that was changed in the calendar, in order, with when it was recorded and the base it
-- was decided on; null without event.
SELECT
    (k.number + 1)::integer AS version, k.act, k.said, k.since, e.recorded_at,
    convert_from(e.canonical, 'UTF8')::jsonb #>> '{data,base}' AS base
FROM calendar_change AS k
LEFT JOIN event AS e ON e.stream = k.stream AND e.number = k.number
WHERE k.org = :org
ORDER BY k.number;
-- name: read_contacts(org)
-- Where people are reached.
SELECT person, address, language FROM contact WHERE org = :org;

-- name: read_mail_preferences(org)
-- What people chose of mail.
SELECT person, digest, language FROM mail_preference WHERE org = :org;
