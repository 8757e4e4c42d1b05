-- Annual plans (SKP) as versioned records: one row for each agreement.

-- name: insert_version(stream, number, org, person, year, version, since, results)!
-- One agreed version, in the transaction that records its agreement.
INSERT INTO plan_version (stream, number, org, person, year, version, since, results)
VALUES (:stream, :number, :org, :person, :year, :version, :since, :results);

-- name: read_versions(org, person, year)
-- The versions of somebody's plan of a year, the oldest first.
SELECT version, number, since, results FROM plan_version
WHERE org = :org AND person = :person AND year = :year ORDER BY version;
