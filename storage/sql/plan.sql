-- Annual plans (SKP) as versioned records: one row for each agreement.

-- name: insert_version(stream, number, org, person, year, version, since, results)!
-- One agreed version, in the transaction that records its agreement.
INSERT INTO plan_version (stream, number, org, person, year, version, since, results)
VALUES (:stream, :number, :org, :person, :year, :version, :since, :results);

-- name: read_versions(org, person, year)
-- The versions of somebody's plan of a year, the oldest first.
SELECT version, number, since, results FROM plan_version
WHERE org = :org AND person = :person AND year = :year ORDER BY version;

-- name: list_waiting(org, year)
-- Annual files that wait for the plan of somebody above, with where that one's file stands.
SELECT f.id AS file, p.name, f.unit, s.id AS superior, s.name AS superior_name,
    g.turn AS superior_turn, g.due_at AS superior_due_at, f.state
FROM file AS f
JOIN person AS p ON p.id = f.person
JOIN person AS s ON s.id = (f.state #>> '{superior_plan,person}')::uuid
LEFT JOIN file AS g
    ON g.org = f.org AND g.period = f.period AND g.kind = f.kind AND g.person = s.id
WHERE f.org = :org AND f.period = :year AND f.ended IS NULL AND f.turn = 'superior_plan'
ORDER BY s.name, s.id, f.unit, p.name, f.id;

-- name: read_agreed(org, person, year)^
-- The newest agreed plan of a person and year: its version, and what was proposed last before the
-- agreement; no text where it is not kept any more.
SELECT
    v.version, v.since,
    (
        SELECT c.body
        FROM event AS e
        LEFT JOIN content AS c ON c.stream = e.stream AND c.number = e.number
        WHERE e.stream = v.stream AND e.number < v.number
            AND e.kind IN ('plan_submitted', 'revision_proposed')
        ORDER BY e.number DESC
        LIMIT 1
    ) AS body
FROM plan_version AS v
WHERE v.org = :org AND v.person = :person AND v.year = :year
ORDER BY v.version DESC
LIMIT 1;
