-- What runs by itself: its timetable, and what became of each of its times.

-- name: read_timings(org)
-- Every timetable there was, with when it began.
SELECT name, since, timing FROM schedule WHERE org = :org ORDER BY name, since;

-- name: insert_timing(org, name, timing)!
-- From now on a schedule has this timetable; none, if it is no more.
INSERT INTO schedule (org, name, since, timing)
VALUES (:org, :name, clock_timestamp(), :timing);

-- name: note_occurrence(org, schedule, nominal, verdict, reason, workflow_id, started_at, ended_at, told)!
-- Keep what became of an occurrence: a run goes before a verdict for want of one, the end of a run
-- before its beginning, and a later run before one that came to nothing.
INSERT INTO occurrence (
    org, schedule, nominal, verdict, reason, workflow_id, started_at, ended_at, told
) VALUES (
    :org, :schedule, :nominal, :verdict, :reason, :workflow_id, :started_at, :ended_at, :told
)
ON CONFLICT (org, schedule, nominal) DO UPDATE SET
    verdict = excluded.verdict, reason = excluded.reason, workflow_id = excluded.workflow_id,
    started_at = excluded.started_at, ended_at = excluded.ended_at, told = excluded.told,
    noted_at = clock_timestamp()
WHERE occurrence.ended_at IS NULL
    OR occurrence.verdict IN ('skipped', 'failed') AND excluded.verdict <> 'skipped';

-- name: note_missing(org, schedule, nominals, reason)!
-- Give occurrences that have no row the verdict that they were skipped.
INSERT INTO occurrence (org, schedule, nominal, verdict, reason, told)
SELECT :org, :schedule, n.nominal, 'skipped', :reason, '{}'::jsonb
FROM unnest(:nominals::timestamptz[]) AS n (nominal)
ON CONFLICT (org, schedule, nominal) DO NOTHING;

-- name: read_occurrences(org, schedule, after)
-- What became of the occurrences after an instant, the last one first; of every schedule for null.
SELECT
    schedule, nominal, verdict, reason, workflow_id, started_at, ended_at, told
FROM occurrence
WHERE org = :org AND (:schedule::text IS NULL OR schedule = :schedule) AND nominal > :after
ORDER BY nominal DESC, schedule;

-- name: read_unfinished(org)
-- Runs that have begun and are not known to have ended.
SELECT schedule, nominal, workflow_id, started_at, told FROM occurrence
WHERE org = :org AND ended_at IS NULL AND workflow_id IS NOT NULL
ORDER BY nominal;
