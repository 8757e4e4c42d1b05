-- Queries of the ledger: the only ones that write facts. Each runs in its caller's transaction.

-- name: lock_stream(stream)!
-- Wait for the stream's lock, held until the transaction ends. The gateway takes it too, so that
-- received_at and the order of commits agree.
SELECT pg_advisory_xact_lock(hashtextextended(:stream, 0));

-- name: read_file(id, stream, asked)^
-- The file as recorded, the versions of the organisation and its rules, what its unit and its
-- person's annual plan say, what is on record of his death, and with them every undecided command of
-- the stream and the one asked about, decided or not, in the order received; likewise the newest
-- undecided change of the calendar.
SELECT
    f.state, f.number, f.head, f.last_at, f.calendar_taken, o.version AS organisation_version,
    (SELECT count(*) FROM rule_override AS v WHERE v.org = f.org) AS rules_version,
    (SELECT count(*) FROM calendar_change AS k WHERE k.org = f.org) AS calendar_version,
    (
        SELECT k.id FROM command AS k
        WHERE k.stream = 'calendar/' || f.org AND k.outcome IS NULL
        ORDER BY k.received_at DESC, k.id DESC LIMIT 1
    ) AS calendar_waits,
    (
        SELECT coalesce(jsonb_agg(to_jsonb(u) ORDER BY u.number), '[]')
        FROM (
            SELECT number, step, predicate, since FROM unit_predicate
            WHERE org = f.org AND period = f.period AND unit = f.unit
        ) AS u
    ) AS unit_steps,
    (
        SELECT coalesce(jsonb_agg(to_jsonb(v) ORDER BY v.version), '[]')
        FROM (
            SELECT version, number, since, results FROM plan_version
            WHERE org = f.org AND person = f.person AND year = left(f.period, 4)
        ) AS v
    ) AS plans,
    (
        SELECT coalesce(jsonb_agg(to_jsonb(d) ORDER BY d.since), '[]')
        FROM (
            SELECT b.since, e.since AS gone
            FROM absence AS a
            JOIN organisation_version AS b ON b.org = a.org AND b.version = a.known_from
            LEFT JOIN organisation_version AS e ON e.org = a.org AND e.version = a.known_until
            WHERE a.org = f.org AND a.person = f.person AND a.kind = 'meninggal'
        ) AS d
    ) AS deaths,
    (
        SELECT coalesce(jsonb_agg(to_jsonb(c) ORDER BY c.received_at, c.id), '[]')
        FROM (
            SELECT
                id, stream, act, actor, body, expected_version, via, os_user, received_at, outcome
            FROM command
            WHERE stream = :stream AND (outcome IS NULL OR id = :asked)
        ) AS c
    ) AS commands
FROM file AS f
JOIN organisation AS o ON o.org = f.org
WHERE f.id = :id
FOR UPDATE OF f;

-- name: read_roster_row(org, period, kind, person, stream, asked)^
-- The roster row a file is opened from, and the commands that are there already, as in read_file.
SELECT
    r.unit, r.post, p.process, p.opened_at, o.version AS organisation_version,
    (SELECT count(*) FROM rule_override AS v WHERE v.org = r.org) AS rules_version,
    (SELECT count(*) FROM calendar_change AS k WHERE k.org = r.org) AS calendar_version,
    (
        SELECT k.id FROM command AS k
        WHERE k.stream = 'calendar/' || r.org AND k.outcome IS NULL
        ORDER BY k.received_at DESC, k.id DESC LIMIT 1
    ) AS calendar_waits,
    (
        SELECT coalesce(jsonb_agg(to_jsonb(u) ORDER BY u.number), '[]')
        FROM (
            SELECT number, step, predicate, since FROM unit_predicate
            WHERE org = r.org AND period = r.period AND unit = r.unit
        ) AS u
    ) AS unit_steps,
    (
        SELECT coalesce(jsonb_agg(to_jsonb(v) ORDER BY v.version), '[]')
        FROM (
            SELECT version, number, since, results FROM plan_version
            WHERE org = r.org AND person = r.person AND year = left(r.period, 4)
        ) AS v
    ) AS plans,
    (
        SELECT coalesce(jsonb_agg(to_jsonb(d) ORDER BY d.since), '[]')
        FROM (
            SELECT b.since, e.since AS gone
            FROM absence AS a
            JOIN organisation_version AS b ON b.org = a.org AND b.version = a.known_from
            LEFT JOIN organisation_version AS e ON e.org = a.org AND e.version = a.known_until
            WHERE a.org = r.org AND a.person = r.person AND a.kind = 'meninggal'
        ) AS d
    ) AS deaths,
    (
        SELECT coalesce(jsonb_agg(to_jsonb(c) ORDER BY c.received_at, c.id), '[]')
        FROM (
            SELECT
                id, stream, act, actor, body, expected_version, via, os_user, received_at, outcome
            FROM command
            WHERE stream = :stream AND (outcome IS NULL OR id = :asked)
        ) AS c
    ) AS commands
FROM roster AS r
JOIN period_run AS p ON p.org = r.org AND p.period = r.period AND p.kind = r.kind
JOIN organisation AS o ON o.org = r.org
WHERE r.org = :org AND r.period = :period AND r.kind = :kind AND r.person = :person
    AND r.excluded_because IS NULL;

-- name: read_spread(org, period, id)^
-- How the predicates of a period are spread over its units without one file, and everything that
-- was accepted on the units' streams. Whoever is not evaluated counts nowhere.
SELECT
    (
        SELECT coalesce(jsonb_agg(to_jsonb(c)), '[]')
        FROM (
            SELECT unit, predicate, count(*) AS people FROM file
            WHERE org = :org AND period = :period AND predicate IS NOT NULL AND id <> :id
                AND (ended IS NULL OR ended NOT IN ('withdrawn', 'unrateable'))
            GROUP BY unit, predicate
        ) AS c
    ) AS counts,
    (
        SELECT coalesce(jsonb_agg(to_jsonb(u) ORDER BY u.number), '[]')
        FROM (
            SELECT unit, number, step, predicate, since FROM unit_predicate
            WHERE org = :org AND period = :period
        ) AS u
    ) AS steps;

-- name: read_superior(org, period, kind, person)^
-- How the plan of somebody stands who is in a year's roster: its versions, and whether his file has
-- ended; no row for whoever is not in it.
SELECT
    (f.state ->> 'ended_at')::timestamptz AS ended_at,
    (
        SELECT coalesce(jsonb_agg(to_jsonb(v) ORDER BY v.version), '[]')
        FROM (
            SELECT version, number, since, results FROM plan_version
            WHERE org = r.org AND person = r.person AND year = r.period
        ) AS v
    ) AS plans
FROM roster AS r
LEFT JOIN file AS f
    ON f.org = r.org AND f.period = r.period AND f.kind = r.kind AND f.person = r.person
WHERE r.org = :org AND r.period = :period AND r.kind = :kind AND r.person = :person
    AND r.excluded_because IS NULL;

-- name: read_newest_undecided(stream)$
-- The last command of a stream that has no outcome.
SELECT id FROM command
WHERE stream = :stream AND outcome IS NULL ORDER BY received_at DESC, id DESC LIMIT 1;

-- name: insert_calendar(version, value)!
-- Keep a calendar by value, once.
INSERT INTO calendar (version, value) VALUES (:version, :value) ON CONFLICT (version) DO NOTHING;

-- name: write_file(id, org, period, kind, person, stream, unit, number, head, last_at, stage, turn, visit, version, awaits, due_at, wake_at, wake_real_at, ended, state, calendar_taken)!
-- The row of a file after its last event; of a new one, before its first.
INSERT INTO file (
    id, org, period, kind, person, stream, unit, number, head, last_at, stage, turn, visit,
    version, awaits, due_at, wake_at, wake_real_at, ended, state, calendar_taken
) VALUES (
    :id, :org, :period, :kind, :person, :stream, :unit, :number, :head, :last_at, :stage, :turn,
    :visit, :version, :awaits, :due_at, :wake_at, :wake_real_at, :ended, :state, :calendar_taken
)
ON CONFLICT (id) DO UPDATE SET
    number = excluded.number, head = excluded.head, last_at = excluded.last_at,
    stage = excluded.stage, turn = excluded.turn, visit = excluded.visit,
    version = excluded.version, awaits = excluded.awaits, due_at = excluded.due_at,
    wake_at = excluded.wake_at, wake_real_at = excluded.wake_real_at, ended = excluded.ended,
    state = excluded.state, calendar_taken = excluded.calendar_taken;

-- name: mark_calendar_taken(id, calendar_taken)!
-- A file has taken in so many changes of the calendar, of which the last ones concerned no date.
UPDATE file SET calendar_taken = :calendar_taken WHERE id = :id;

-- name: write_record(event_1, event_2, event_3, event_4, event_5, event_6, event_7, event_8, event_9, event_10, content_1, content_2, content_3, content_4, context_1, context_2, reminder_1, reminder_2, reminder_3, reminder_4, reminder_5, notice_1, notice_2, notice_3, notice_4, notice_5, notice_6, notice_7, outcome_1, outcome_2)!
-- Append events with their contents and contexts, claim rungs, write notices and deliver them to
-- the inbox, and store outcomes, all in one statement. A taken number, rung or once-key is an
-- error; a context that is known already is not written again.
WITH contexts AS (
    INSERT INTO context (hash, value)
    SELECT * FROM unnest(:context_1::text[], :context_2::bytea[])
    ON CONFLICT (hash) DO NOTHING
), events AS (
    INSERT INTO event (
        stream, number, org, hash, canonical, kind, act, command_id, actor, happened_at
    )
    SELECT * FROM unnest(
        :event_1::text[], :event_2::bigint[], :event_3::text[], :event_4::text[],
        :event_5::bytea[], :event_6::text[], :event_7::text[], :event_8::uuid[],
        :event_9::uuid[], :event_10::timestamptz[]
    )
), contents AS (
    INSERT INTO content (stream, number, salt, body)
    SELECT * FROM unnest(
        :content_1::text[], :content_2::bigint[], :content_3::bytea[], :content_4::bytea[]
    )
), reminders AS (
    INSERT INTO reminder (file, visit, rung, number, happened_at)
    SELECT * FROM unnest(
        :reminder_1::uuid[], :reminder_2::integer[], :reminder_3::text[], :reminder_4::bigint[],
        :reminder_5::timestamptz[]
    )
), notices AS (
    INSERT INTO outbox (org, stream, number, topic, recipient, once_key, created_at)
    SELECT * FROM unnest(
        :notice_1::text[], :notice_2::text[], :notice_3::bigint[], :notice_4::text[],
        :notice_5::uuid[], :notice_6::text[], :notice_7::timestamptz[]
    )
    RETURNING id, recipient, created_at
), delivered AS (
    INSERT INTO inbox (outbox, recipient, accepted_at)
    SELECT id, recipient, created_at FROM notices
)
UPDATE command AS c SET outcome = o.outcome::jsonb, decided_at = clock_timestamp()
FROM unnest(:outcome_1::uuid[], :outcome_2::text[]) AS o (id, outcome)
WHERE c.id = o.id AND c.outcome IS NULL;

-- name: read_head(stream)^
-- The last event of a stream.
SELECT number, hash, happened_at FROM event
WHERE stream = :stream ORDER BY number DESC LIMIT 1;
