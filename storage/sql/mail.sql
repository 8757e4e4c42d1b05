-- People's addresses and choices, and the mail to them.

-- name: set_contacts(org, people, addresses, languages)!
-- Where these people are reached from now on; an address that is null takes the contact away.
WITH given AS (
    SELECT * FROM unnest(:people::uuid[], :addresses::text[], :languages::text[])
        AS g (person, address, language)
), gone AS (
    DELETE FROM contact AS c USING given AS g
    WHERE c.org = :org AND c.person = g.person AND g.address IS NULL
)
INSERT INTO contact (org, person, address, language)
SELECT :org, g.person, g.address, g.language FROM given AS g WHERE g.address IS NOT NULL
ON CONFLICT (org, person) DO UPDATE SET address = excluded.address, language = excluded.language;

-- name: unknown_people(org, people)
-- Those of these people who are not on record.
SELECT g.person FROM unnest(:people::uuid[]) AS g (person)
WHERE NOT EXISTS (SELECT FROM person AS p WHERE p.org = :org AND p.id = g.person);

-- name: set_preference(org, person, digest, language)!
-- What a person chose; what is null stays as it is.
INSERT INTO mail_preference AS m (org, person, digest, language)
VALUES (:org, :person, :digest, :language)
ON CONFLICT (org, person) DO UPDATE SET
    digest = coalesce(excluded.digest, m.digest),
    language = coalesce(excluded.language, m.language);

-- name: read_contacts(org)
-- Everybody with an address or a choice, by name.
SELECT p.id AS person, p.name, c.address, coalesce(m.language, c.language, 'id') AS language,
    coalesce(m.digest, true) AS digest
FROM person AS p
LEFT JOIN contact AS c ON c.org = p.org AND c.person = p.id
LEFT JOIN mail_preference AS m ON m.org = p.org AND m.person = p.id
WHERE p.org = :org AND (c.person IS NOT NULL OR m.person IS NOT NULL)
ORDER BY p.name, p.id;

-- name: read_readers(org, people)
-- How these people want to be written to; one without an address is left out.
SELECT c.person, p.name, coalesce(m.language, c.language) AS language,
    coalesce(m.digest, true) AS digest
FROM contact AS c
JOIN person AS p ON p.id = c.person
LEFT JOIN mail_preference AS m ON m.org = c.org AND m.person = c.person
WHERE c.org = :org AND c.person = any(:people::uuid[]);

-- name: everybody_reached(org)
-- Everybody with an address, in the order of their ids.
SELECT person FROM contact WHERE org = :org ORDER BY person;

-- name: untold_notices(org, people, after, until)
-- Notices to people that no mail has told, the oldest first, of the time between two instants.
SELECT o.id, o.recipient, o.topic, o.created_at, f.id AS file, f.period, f.unit, f.ended, p.name, (
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
FROM outbox AS o
LEFT JOIN file AS f ON f.stream = o.stream
LEFT JOIN person AS p ON p.id = f.person
WHERE o.org = :org AND o.recipient = any(:people::uuid[])
    AND o.created_at > :after AND o.created_at <= :until
    AND NOT EXISTS (SELECT FROM mail_notice AS t WHERE t.outbox = o.id)
ORDER BY o.created_at, o.id;

-- name: open_files_after(org, after, page)
-- Open files with what authority is resolved from, a page of them in the order of their ids.
SELECT f.id, f.org, f.period, f.kind, f.person, f.unit, f.stage, f.turn, f.visit, f.version,
    f.awaits, f.due_at, f.last_at, f.state, p.name
FROM file AS f
JOIN person AS p ON p.id = f.person
WHERE f.org = :org AND f.ended IS NULL AND f.id > :after::uuid
ORDER BY f.id
LIMIT :page;

-- name: composed(org, people, on_day)
-- Which kinds of mail of a day these people have already.
SELECT recipient, kind FROM mail
WHERE org = :org AND recipient = any(:people::uuid[]) AND on_day = :on_day;

-- name: supersede(org, people, on_day)!
-- Digests of earlier days that nobody is handing over are taken back: the one of this day tells
-- what they told.
DELETE FROM mail WHERE id IN (
    SELECT id FROM mail
    WHERE org = :org AND recipient = any(:people::uuid[]) AND on_day < :on_day
        AND sent_at IS NULL AND parked_at IS NULL
    FOR UPDATE SKIP LOCKED
);

-- name: take_back(org, people)!
-- All mail to these people that nobody is handing over is taken back, parked mail, too.
DELETE FROM mail WHERE id IN (
    SELECT id FROM mail
    WHERE org = :org AND recipient = any(:people::uuid[]) AND sent_at IS NULL
    FOR UPDATE SKIP LOCKED
);

-- name: freeze(id, org, recipient, on_day, kind, language, nominal_at, subject, body_text, body_html, lines, notices)$
-- Keep a mail with the notices that it tells, once; its id if it was not there before.
WITH kept AS (
    INSERT INTO mail (
        id, org, recipient, on_day, kind, language, nominal_at, subject, body_text, body_html, lines
    ) VALUES (
        :id, :org, :recipient, :on_day, :kind, :language, :nominal_at, :subject, :body_text,
        :body_html, :lines
    )
    ON CONFLICT DO NOTHING
    RETURNING id
), told AS (
    INSERT INTO mail_notice (outbox, mail)
    SELECT n.id, k.id FROM kept AS k, unnest(:notices::bigint[]) AS n (id)
    ON CONFLICT DO NOTHING
)
SELECT id FROM kept;

-- name: claim(org)^
-- The next mail whose time has come, held until the transaction ends; nobody else gets it.
SELECT m.id, m.org, m.recipient, m.kind, m.language, m.nominal_at, m.subject, m.body_text,
    m.body_html, m.attempts, c.address
FROM mail AS m
LEFT JOIN contact AS c ON c.org = m.org AND c.person = m.recipient
WHERE m.org = :org AND m.sent_at IS NULL AND m.parked_at IS NULL
    AND m.next_try_at <= clock_timestamp()
ORDER BY m.next_try_at, m.id
LIMIT 1
FOR UPDATE OF m SKIP LOCKED;

-- name: is_waiting(org)$
-- Whether a mail's time has come.
SELECT EXISTS (
    SELECT FROM mail
    WHERE org = :org AND sent_at IS NULL AND parked_at IS NULL AND next_try_at <= clock_timestamp()
);

-- name: mark_sent(id)!
-- It was handed over: its words are no longer needed here.
UPDATE mail SET sent_at = clock_timestamp(), attempts = attempts + 1, error = NULL,
    body_text = '', body_html = ''
WHERE id = :id;

-- name: mark_failed(id, error, again_in)!
-- It was not taken: tried again after a while, or parked where there is none.
UPDATE mail SET attempts = attempts + 1, error = :error,
    next_try_at = clock_timestamp() + coalesce(:again_in::interval, interval '0'),
    parked_at = CASE WHEN :again_in::interval IS NULL THEN clock_timestamp() END
WHERE id = :id;

-- name: list_mail(org, is_parked, page)
-- Mail that was not handed over, parked first, the oldest first.
SELECT m.id, m.recipient, p.name, m.on_day, m.kind, m.subject, m.lines, m.attempts,
    m.next_try_at, m.parked_at, m.error
FROM mail AS m
JOIN person AS p ON p.id = m.recipient
WHERE m.org = :org AND m.sent_at IS NULL AND (NOT :is_parked::boolean OR m.parked_at IS NOT NULL)
ORDER BY m.parked_at NULLS LAST, m.next_try_at, m.id
LIMIT :page;

-- name: retry(org, id)
-- Have unsent mail, one or all, tried again at once, as if it had never been tried.
UPDATE mail SET parked_at = NULL, error = NULL, attempts = 0, next_try_at = clock_timestamp()
WHERE org = :org AND sent_at IS NULL AND (:id::text IS NULL OR starts_with(id::text, lower(:id)))
RETURNING id;
