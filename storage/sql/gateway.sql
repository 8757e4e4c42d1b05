-- What the gateway and its sweep need: reading a file, storing commands, following them up.

-- name: read_file(id)^
-- The file an act is meant for.
SELECT
    f.org, f.period, f.kind, f.person, f.state, f.last_at, o.version AS organisation_version,
    (SELECT count(*) FROM rule_override AS v WHERE v.org = f.org) AS rules_version
FROM file AS f
JOIN organisation AS o ON o.org = f.org
WHERE f.id = :id;

-- name: insert_command(id, org, stream, act, actor, body, expected_version, via, os_user, salt, request_hash, now)$
-- Store a command; returns nothing if the id is taken. It is received now, but never before what
-- its stream already recorded, and always after a command that waits there.
INSERT INTO command (
    id, org, stream, act, actor, body, expected_version, via, os_user, salt, request_hash,
    received_at
) VALUES (
    :id, :org, :stream, :act, :actor, :body, :expected_version, :via, :os_user, :salt,
    :request_hash,
    greatest(
        :now::timestamptz,
        (
            SELECT e.happened_at FROM event AS e
            WHERE e.stream = :stream ORDER BY e.number DESC LIMIT 1
        ),
        (
            SELECT max(c.received_at) + interval '1 microsecond' FROM command AS c
            WHERE c.stream = :stream AND c.outcome IS NULL
        )
    )
)
ON CONFLICT (id) DO NOTHING
RETURNING id;

-- name: save_draft(file, author, act, body, saved_at)!
-- Keep what somebody has begun to write for a file; it replaces what he saved before.
INSERT INTO draft (file, author, act, body, saved_at)
VALUES (:file, :author, :act, :body, :saved_at)
ON CONFLICT (file, author, act) DO UPDATE SET body = excluded.body, saved_at = excluded.saved_at;

-- name: read_command(id)^
-- A stored command, for a repeated request.
SELECT id, stream, act, actor, salt, request_hash, outcome FROM command WHERE id = :id;

-- name: read_outcome(id)$
-- What became of a command; null while it is undecided.
SELECT outcome FROM command WHERE id = :id;

-- name: mark_told(id, told_at)!
-- The author of a command has its outcome.
UPDATE command SET told_at = :told_at WHERE id = :id AND told_at IS NULL;

-- name: claim_undecided(org, after_seconds, again_seconds, longest_seconds, page)
-- Commands that have had no outcome for a while, each claimed by one sweep; those that were never
-- knocked for go first. The older a command, the longer the wait until the next knock.
UPDATE command SET knocked_at = clock_timestamp()
WHERE id IN (
    SELECT id FROM command
    WHERE org = :org AND outcome IS NULL
        AND stored_at < clock_timestamp() - make_interval(secs => :after_seconds)
        AND (
            knocked_at IS NULL
            OR knocked_at < clock_timestamp() - least(
                greatest(
                    (knocked_at - stored_at) / 2, make_interval(secs => :again_seconds)
                ),
                make_interval(secs => :longest_seconds)
            )
        )
    ORDER BY knocked_at NULLS FIRST, received_at
    LIMIT :page
    FOR UPDATE SKIP LOCKED
)
RETURNING id, stream, received_at;

-- name: release(streams)!
-- Nobody could be knocked at for these streams: the next sweep tries again at once.
UPDATE command SET knocked_at = NULL WHERE stream = any(:streams::text[]) AND outcome IS NULL;

-- name: read_untold(org, after_seconds)
-- Outcomes nobody was told, whose file's workflow may therefore be behind, until it is refreshed.
SELECT id, stream FROM command
WHERE org = :org AND outcome IS NOT NULL AND told_at IS NULL
    AND decided_at < clock_timestamp() - make_interval(secs => :after_seconds)
    AND (knocked_at IS NULL OR knocked_at < decided_at)
ORDER BY decided_at
LIMIT 500;

-- name: mark_refreshed(ids)!
-- The workflows behind these outcomes have been refreshed; that is enough, once.
UPDATE command SET knocked_at = clock_timestamp() WHERE id = any(:ids::uuid[]);

-- name: read_overslept(org, after_seconds)
-- Open files whose wake-up is long past: their timer was lost.
SELECT stream FROM file
WHERE org = :org AND ended IS NULL
    AND wake_real_at < clock_timestamp() - make_interval(secs => :after_seconds)
ORDER BY wake_real_at
LIMIT 500;

-- name: read_before_gate(org)
-- Files that wait for a fact which is there by now: the predicate of their unit, or the plan of a
-- superior, who may also owe none any more.
SELECT f.stream FROM file AS f
WHERE f.org = :org AND f.ended IS NULL AND (
    (
        f.turn = 'unit_predicate' AND EXISTS (
            SELECT FROM unit_predicate AS u
            WHERE u.org = f.org AND u.period = f.period AND u.unit = f.unit
                AND u.step <> 'proposed'
        )
    ) OR (
        f.turn = 'superior_plan' AND EXISTS (
            SELECT FROM file AS s
            WHERE s.org = f.org AND s.period = f.period AND s.kind = f.kind
                AND s.person = (f.state #>> '{superior_plan,person}')::uuid
                AND (s.ended IS NOT NULL OR EXISTS (
                    SELECT FROM plan_version AS v
                    WHERE v.org = s.org AND v.person = s.person AND v.year = s.period
                ))
        )
    )
)
LIMIT 500;

-- name: read_behind_calendar(org, after, page)
-- Open files that have not taken in every change of the calendar, a page at a time.
SELECT stream FROM file
WHERE org = :org AND ended IS NULL AND stream > :after
    AND calendar_taken < (SELECT count(*) FROM calendar_change AS k WHERE k.org = :org)
ORDER BY stream LIMIT :page;

-- name: read_open(org, after, page)
-- Every open file, a page at a time.
SELECT stream FROM file
WHERE org = :org AND ended IS NULL AND stream > :after ORDER BY stream LIMIT :page;

-- name: read_open_states(org)
-- Every open file as it is.
SELECT stream, state FROM file WHERE org = :org AND ended IS NULL ORDER BY stream;

-- name: read_any_open(org)$
-- Some open file, another one each time; none now and then, which does no harm.
SELECT stream FROM file
WHERE org = :org AND ended IS NULL AND id > gen_random_uuid() ORDER BY id LIMIT 1;

-- name: mark_complete(org)!
-- Periods whose every file is open need no more looking after.
UPDATE period_run AS p SET is_complete = true
WHERE p.org = :org AND NOT p.is_complete AND NOT EXISTS (
    SELECT FROM roster AS r
    LEFT JOIN file AS f
        ON f.org = r.org AND f.period = r.period AND f.kind = r.kind AND f.person = r.person
    WHERE r.org = p.org AND r.period = p.period AND r.kind = p.kind
        AND r.excluded_because IS NULL AND f.id IS NULL
);

-- name: read_unit(stream)$
-- The unit a file was opened for.
SELECT unit FROM file WHERE stream = :stream;
