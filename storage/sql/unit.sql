-- The streams of units: what was proposed, set and corrected for each unit and period.

-- name: read_steps(stream)
-- The steps of one unit's stream, in order.
SELECT number, step, predicate, since FROM unit_predicate WHERE stream = :stream ORDER BY number;

-- name: insert_step(stream, number, org, unit, period, step, predicate, since)!
-- One accepted step.
INSERT INTO unit_predicate (stream, number, org, unit, period, step, predicate, since)
VALUES (:stream, :number, :org, :unit, :period, :step, :predicate, :since);

-- name: list_units(org, period)
-- Every unit with files in a period: the last step of each kind, and how many files wait for it.
SELECT
    f.unit, count(*) AS files, count(*) FILTER (WHERE f.turn = 'unit_predicate') AS waiting,
    (
        SELECT u.predicate FROM unit_predicate AS u
        WHERE u.org = :org AND u.period = :period AND u.unit = f.unit AND u.step = 'proposed'
        ORDER BY u.number DESC LIMIT 1
    ) AS proposed,
    (
        SELECT u.predicate FROM unit_predicate AS u
        WHERE u.org = :org AND u.period = :period AND u.unit = f.unit AND u.step <> 'proposed'
        ORDER BY u.number DESC LIMIT 1
    ) AS predicate
FROM file AS f
WHERE f.org = :org AND f.period = :period
GROUP BY f.unit
ORDER BY f.unit;

-- name: units_waiting(org)
-- Units and periods whose files wait for a predicate that nobody has set, the most urgent first: how
-- many files, since when, until when the first of them, and what was proposed last.
SELECT
    f.unit, f.period, count(*) AS files,
    min((f.state ->> 'entered_at')::timestamptz) AS since, min(f.due_at) AS due_at,
    (
        SELECT u.predicate FROM unit_predicate AS u
        WHERE u.org = :org AND u.period = f.period AND u.unit = f.unit AND u.step = 'proposed'
        ORDER BY u.number DESC LIMIT 1
    ) AS proposed
FROM file AS f
WHERE f.org = :org AND f.ended IS NULL AND f.turn = 'unit_predicate'
    AND NOT EXISTS (
        SELECT FROM unit_predicate AS u
        WHERE u.org = :org AND u.period = f.period AND u.unit = f.unit AND u.step <> 'proposed'
    )
GROUP BY f.unit, f.period
ORDER BY min(f.due_at), f.unit, f.period;
