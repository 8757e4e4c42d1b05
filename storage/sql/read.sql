-- Read models: what people look at.

-- name: find_person(org, text)
-- People whose identity number is the text, or whose id begins with it; two at most.
SELECT id FROM person
WHERE org = :org AND (identity_number = :text OR starts_with(id::text, lower(:text)))
LIMIT 2;

-- name: find_file(org, text)
-- Files whose id begins with the text; two at most.
SELECT id FROM file WHERE org = :org AND starts_with(id::text, lower(:text)) LIMIT 2;

-- name: open_files(org)
-- Every open file with what authority is resolved from.
SELECT f.id, f.org, f.period, f.kind, f.person, f.unit, f.stage, f.turn, f.visit, f.version,
    f.awaits, f.due_at, f.last_at, f.state, p.name
FROM file AS f
JOIN person AS p ON p.id = f.person
WHERE f.org = :org AND f.ended IS NULL
ORDER BY f.due_at, f.id;

-- name: list_files(org, period, stage, unit, awaits, ended, person, now, is_overdue, page)
-- Files, the most urgent first, filtered by whatever is given.
SELECT f.id, f.period, f.unit, f.stage, f.turn, f.version, f.awaits, f.due_at, f.ended, p.name,
    f.state ->> 'predicate' AS predicate
FROM file AS f
JOIN person AS p ON p.id = f.person
WHERE f.org = :org
    AND (:period::text IS NULL OR f.period = :period)
    AND (:stage::text IS NULL OR f.stage = :stage)
    AND (:unit::text IS NULL OR strpos(lower(f.unit), lower(:unit)) > 0)
    AND (:awaits::text IS NULL OR f.awaits = :awaits)
    AND (:ended::text IS NULL OR f.ended = :ended)
    AND (:person::uuid IS NULL OR f.person = :person)
    AND (NOT :is_overdue::boolean OR f.due_at <= :now::timestamptz)
ORDER BY f.due_at NULLS LAST, f.period, f.id
LIMIT :page;

-- name: read_file(id)^
-- One file with its person's name.
SELECT f.id, f.org, f.period, f.kind, f.person, f.unit, f.stage, f.turn, f.visit, f.version,
    f.awaits, f.due_at, f.wake_at, f.ended, f.last_at, f.state, f.stream, p.name
FROM file AS f
JOIN person AS p ON p.id = f.person
WHERE f.id = :id;

-- name: read_timeline(stream)
-- The events of a file, with the names of those who acted and the contents that still exist.
SELECT e.number, e.kind, e.happened_at, e.recorded_at, e.canonical, p.name, c.body AS content
FROM event AS e
LEFT JOIN person AS p ON p.id = e.actor
LEFT JOIN content AS c ON c.stream = e.stream AND c.number = e.number
WHERE e.stream = :stream
ORDER BY e.number;

-- name: read_attempts(stream)
-- Commands of a file that are undecided or were refused.
SELECT c.id, c.act, c.actor, c.received_at, c.outcome, p.name
FROM command AS c
LEFT JOIN person AS p ON p.id = c.actor
WHERE c.stream = :stream AND (c.outcome IS NULL OR c.outcome ->> 'verdict' = 'refused')
ORDER BY c.received_at, c.id;

-- name: names(ids)
-- The names of people.
SELECT id, name FROM person WHERE id = any(:ids::uuid[]);

-- name: read_notices(recipient, page)
-- What was delivered to somebody, newest first.
SELECT o.topic, o.created_at, f.id AS file, f.period, f.ended, p.name, (
        -- The step that it was about: the one that the last event up to then led to.
        SELECT convert_from(b.canonical, 'UTF8')::jsonb #>> '{data,set,turn}'
        FROM event AS b
        WHERE b.stream = o.stream AND b.number <= o.number
            AND convert_from(b.canonical, 'UTF8')::jsonb #> '{data,set,turn}' IS NOT NULL
        ORDER BY b.number DESC
        LIMIT 1
    ) AS turn, (
        -- Until when it offers something: what its event says of the day.
        SELECT (convert_from(b.canonical, 'UTF8')::jsonb #>> '{data,note_until}')::date
        FROM event AS b
        WHERE o.topic = 'interim' AND b.stream = o.stream AND b.number = o.number
    ) AS until
FROM inbox AS i
JOIN outbox AS o ON o.id = i.outbox
LEFT JOIN file AS f ON f.stream = o.stream
LEFT JOIN person AS p ON p.id = f.person
WHERE i.recipient = :recipient
ORDER BY o.created_at DESC, o.id DESC
LIMIT :page;

-- name: list_people(org, unit, on_day)
-- People with the posts they hold on a day.
SELECT p.id, p.name, p.kind, h.post, h.capacity, t.unit
FROM person AS p
LEFT JOIN holding AS h ON h.org = p.org AND h.person = p.id AND h.known_until IS NULL
    AND h.from_on <= :on_day::date AND (h.to_on IS NULL OR h.to_on >= :on_day::date)
LEFT JOIN post AS t ON t.org = h.org AND t.id = h.post AND t.known_until IS NULL
    AND t.from_on <= :on_day::date AND (t.to_on IS NULL OR t.to_on >= :on_day::date)
WHERE p.org = :org AND (:unit::text IS NULL OR strpos(lower(t.unit), lower(:unit)) > 0)
ORDER BY t.unit, p.name, h.capacity;

-- name: what_waits(org, now)^
-- How much waits: open and overdue files, undecided commands and the oldest of them.
SELECT
    (SELECT count(*) FROM file WHERE org = :org AND ended IS NULL) AS open_files,
    (SELECT count(*) FROM file WHERE org = :org AND ended IS NULL AND due_at <= :now) AS overdue,
    (SELECT count(*) FROM file WHERE org = :org AND ended IS NOT NULL) AS closed_files,
    (SELECT count(*) FROM command WHERE org = :org AND outcome IS NULL) AS undecided,
    (SELECT min(stored_at) FROM command WHERE org = :org AND outcome IS NULL) AS oldest;

-- name: count_stages(org, period, kind)
-- Files by stage and by how they ended.
SELECT stage, ended, count(*) AS files FROM file
WHERE org = :org AND (:period::text IS NULL OR period = :period)
    AND (:kind::text IS NULL OR kind = :kind)
GROUP BY stage, ended ORDER BY stage, ended;

-- name: count_roster(org, period, kind)
-- A period's roster: who was opened, and why the others were left out.
SELECT excluded_because, count(*) AS people FROM roster
WHERE org = :org AND period = :period AND (:kind::text IS NULL OR kind = :kind)
GROUP BY excluded_because ORDER BY excluded_because NULLS FIRST;

-- name: known_people(org)
-- Identity numbers and names as they are now, for comparing an import with them.
SELECT identity_number, name, kind FROM person WHERE org = :org;

-- name: read_drafts(file)
-- What people have begun to write for a file, the newest first.
SELECT d.author, p.name, d.act, d.body, d.saved_at
FROM draft AS d
JOIN person AS p ON p.id = d.author
WHERE d.file = :file
ORDER BY d.saved_at DESC, d.author, d.act;

-- name: people_by_number(org)
-- Everybody by identity number, for reading a file of changes.
SELECT id, identity_number FROM person WHERE org = :org;

-- name: known_posts(org)
-- Posts as they are now, for comparing an import with them.
SELECT id, unit, superior, level, office FROM post WHERE org = :org AND known_until IS NULL;

-- name: known_holdings(org)
-- Who holds which post now, for comparing an import with it.
SELECT p.identity_number, h.post, h.capacity, h.decree, h.from_on, h.to_on
FROM holding AS h
JOIN person AS p ON p.id = h.person
WHERE h.org = :org AND h.known_until IS NULL;
