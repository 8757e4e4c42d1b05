-- The stream of the organisation's own rules: what it has set for itself, and by whom.

-- name: read_overrides(org)
-- Everything that was set, in order; the version counts from one.
SELECT (number + 1)::integer AS version, rule, parameters AS "values", from_on, source, since
FROM rule_override WHERE org = :org ORDER BY number;

-- name: count_overrides(org)$
-- How many there are: the version of the organisation's rules.
SELECT count(*) FROM rule_override WHERE org = :org;

-- name: insert_override(stream, number, org, rule, parameters, from_on, source, since)!
-- One accepted act.
INSERT INTO rule_override (stream, number, org, rule, parameters, from_on, source, since)
VALUES (:stream, :number, :org, :rule, :parameters, :from_on, :source, :since);

-- name: list_overrides(org)
-- Everything that was set, in order, with who set it; nobody is named for the administrator.
SELECT
    (o.number + 1)::integer AS version, o.rule, o.parameters AS "values", o.from_on, o.source,
    o.since, p.name, c.os_user
FROM rule_override AS o
JOIN event AS e ON e.stream = o.stream AND e.number = o.number
JOIN command AS c ON c.id = e.command_id
LEFT JOIN person AS p ON p.id = e.actor
WHERE o.org = :org
ORDER BY o.number;
