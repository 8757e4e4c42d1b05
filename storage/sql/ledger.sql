-- Queries of the ledger: the only ones that write facts. Each runs in its caller's transaction.

-- name: lock_stream(stream)!
-- Wait for the stream's lock, held until the transaction ends. The gateway takes it too, so that
-- received_at and the order of commits agree.
SELECT pg_advisory_xact_lock(hashtextextended(:stream, 0));

-- name: read_file(id)^
-- The file as recorded, with the organisation's version.
SELECT f.state, f.number, f.head, f.last_at, o.version AS organisation_version
FROM file AS f
JOIN organisation AS o ON o.org = f.org
WHERE f.id = :id
FOR UPDATE OF f;

-- name: read_roster_row(org, period, kind, person)^
-- The roster row a file is opened from.
SELECT r.unit, r.post, p.process, p.opened_at, o.version AS organisation_version
FROM roster AS r
JOIN period_run AS p ON p.org = r.org AND p.period = r.period AND p.kind = r.kind
JOIN organisation AS o ON o.org = r.org
WHERE r.org = :org AND r.period = :period AND r.kind = :kind AND r.person = :person
    AND r.excluded_because IS NULL;

-- name: read_commands(stream, asked)
-- Every undecided command of a stream in the order received, and the one asked about, decided or
-- not.
SELECT id, stream, act, actor, body, expected_version, via, os_user, received_at, outcome
FROM command
WHERE stream = :stream AND (outcome IS NULL OR id = :asked)
ORDER BY received_at, id;

-- name: insert_context(hash, value)!
-- Keep a context by value, once.
INSERT INTO context (hash, value) VALUES (:hash, :value) ON CONFLICT (hash) DO NOTHING;

-- name: insert_calendar(version, value)!
-- Keep a calendar by value, once.
INSERT INTO calendar (version, value) VALUES (:version, :value) ON CONFLICT (version) DO NOTHING;

-- name: insert_event(stream, number, org, hash, canonical, kind, act, command_id, actor, happened_at)!
-- Append one event to its chain. A taken number is an error: two writers would have forked it.
INSERT INTO event (
    stream, number, org, hash, canonical, kind, act, command_id, actor, happened_at
) VALUES (
    :stream, :number, :org, :hash, :canonical, :kind, :act, :command_id, :actor, :happened_at
);

-- name: insert_content(stream, number, salt, body)!
-- Keep the content an event's hash speaks of.
INSERT INTO content (stream, number, salt, body) VALUES (:stream, :number, :salt, :body);

-- name: insert_reminder(file, visit, rung, number, happened_at)!
-- Claim a rung of a visit; a second claim is an error.
INSERT INTO reminder (file, visit, rung, number, happened_at)
VALUES (:file, :visit, :rung, :number, :happened_at);

-- name: insert_notice(org, stream, number, topic, recipient, once_key, created_at)!
-- Write a notice and deliver it to its recipient's inbox.
WITH notice AS (
    INSERT INTO outbox (org, stream, number, topic, recipient, once_key, created_at)
    VALUES (:org, :stream, :number, :topic, :recipient, :once_key, :created_at)
    RETURNING id, recipient, created_at
)
INSERT INTO inbox (outbox, recipient, accepted_at)
SELECT id, recipient, created_at FROM notice;

-- name: insert_file(id, org, period, kind, person, stream, unit, number, head, last_at, stage, turn, visit, version, awaits, due_at, wake_at, wake_real_at, ended, state)!
-- The row of a file that has just been opened.
INSERT INTO file (
    id, org, period, kind, person, stream, unit, number, head, last_at, stage, turn, visit,
    version, awaits, due_at, wake_at, wake_real_at, ended, state
) VALUES (
    :id, :org, :period, :kind, :person, :stream, :unit, :number, :head, :last_at, :stage, :turn,
    :visit, :version, :awaits, :due_at, :wake_at, :wake_real_at, :ended, :state
);

-- name: update_file(number, head, last_at, stage, turn, visit, version, awaits, due_at, wake_at, wake_real_at, ended, state, id)!
-- The row of a file after its last event.
UPDATE file SET
    number = :number, head = :head, last_at = :last_at, stage = :stage, turn = :turn,
    visit = :visit, version = :version, awaits = :awaits, due_at = :due_at, wake_at = :wake_at,
    wake_real_at = :wake_real_at, ended = :ended, state = :state
WHERE id = :id;

-- name: settle_command(outcome, id)!
-- Store a command's outcome, once.
UPDATE command SET outcome = :outcome, decided_at = clock_timestamp()
WHERE id = :id AND outcome IS NULL;

-- name: read_head(stream)^
-- The last event of a stream.
SELECT number, hash, happened_at FROM event
WHERE stream = :stream ORDER BY number DESC LIMIT 1;
