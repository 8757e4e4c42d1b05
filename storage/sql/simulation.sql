-- What a simulation looks at: who is awaited, who people are from run to run, and how far it is.

-- name: read_open(org)
-- Every open file with its visit, whom it waits for, and its stage; asked many times a second.
SELECT id, visit, (state ->> 'owner')::uuid AS owner, stage FROM file WHERE org = :org AND ended IS NULL;

-- name: read_tasks(ids)
-- The states of open files.
SELECT state FROM file WHERE id = any(:ids::uuid[]) AND ended IS NULL;

-- name: count_files(org, periods)^
-- How many files the rosters ask for, and how many of them are opened and closed.
SELECT count(*) AS included, count(f.id) AS opened, count(f.ended) AS closed
FROM roster AS r
LEFT JOIN file AS f
    ON f.org = r.org AND f.period = r.period AND f.kind = r.kind AND f.person = r.person
WHERE r.org = :org AND r.period = any(:periods::text[]) AND r.excluded_because IS NULL;

-- name: read_people(org)
-- Everybody, with what identifies a person from one run to the next.
SELECT id, identity_number FROM person WHERE org = :org;

-- name: read_posts_of_roster(org, periods)
-- Who has a file, and the post it was opened for.
SELECT DISTINCT person, post FROM roster
WHERE org = :org AND period = any(:periods::text[]) AND excluded_because IS NULL;

-- name: read_units(org, period)
-- The units that have files in a period.
SELECT DISTINCT unit FROM roster
WHERE org = :org AND period = :period AND excluded_because IS NULL ORDER BY unit;

-- name: count_people(org)$
-- Civil servants with a monthly file: everybody but state officials and part-time PPPK.
SELECT count(*) FROM person WHERE org = :org AND kind IN ('PNS', 'PPPK');

-- name: count_ends(org, period)
-- Files of a period by how they ended; null for open ones.
SELECT ended, count(*) AS files FROM file
WHERE org = :org AND period = :period GROUP BY ended ORDER BY ended;

-- name: count_events(org)
-- Events by kind.
SELECT kind, count(*) AS events FROM event WHERE org = :org GROUP BY kind;

-- name: count_notices(org)
-- Notices by topic, and how many of them their recipients' inboxes accepted.
SELECT o.topic, count(*) AS written, count(i.outbox) AS accepted
FROM outbox AS o
LEFT JOIN inbox AS i ON i.outbox = o.id
WHERE o.org = :org GROUP BY o.topic;

-- name: count_rungs(org)
-- Rungs of ladders that fired, by the kind of event they left.
SELECT e.kind, count(*) AS rungs
FROM reminder AS r
JOIN file AS f ON f.id = r.file
JOIN event AS e ON e.stream = f.stream AND e.number = r.number
WHERE f.org = :org GROUP BY e.kind;

-- name: count_stored(ids)^
-- How many of these commands are stored, and how many of them have an outcome.
SELECT count(*) AS stored, count(outcome) AS decided FROM command WHERE id = any(:ids::uuid[]);

-- name: count_undecided(org)$
-- Commands that have no outcome yet.
SELECT count(*) FROM command WHERE org = :org AND outcome IS NULL;
