-- The stream of the organisation's working calendar: what it has changed, and by whom.

-- name: read_changes(org)
-- Everything that was changed, in order; the version counts from one.
SELECT (number + 1)::integer AS version, act, said, since
FROM calendar_change WHERE org = :org ORDER BY number;

-- name: count_changes(org)$
-- How many there are: the version of the organisation's calendar.
SELECT count(*) FROM calendar_change WHERE org = :org;

-- name: read_organisations()
-- Those that have changed anything.
SELECT DISTINCT org FROM calendar_change ORDER BY org;

-- name: insert_change(stream, number, org, act, said, since)!
-- One accepted act.
INSERT INTO calendar_change (stream, number, org, act, said, since)
VALUES (:stream, :number, :org, :act, :said, :since);

-- name: list_changes(org)
-- Everything that was changed, in order, with who ordered it; nobody is named for the administrator.
SELECT (k.number + 1)::integer AS version, k.act, k.said, k.since, p.name, c.os_user
FROM calendar_change AS k
JOIN event AS e ON e.stream = k.stream AND e.number = k.number
JOIN command AS c ON c.id = e.command_id
LEFT JOIN person AS p ON p.id = e.actor
WHERE k.org = :org
ORDER BY k.number;
