-- squawk-ignore-file adding-field-with-default
-- migrate:up
SET lock_timeout = '4s';
SET statement_timeout = '30s';

-- Who opens a period's files says so page by page (``tended_at``, real time), so that the sweep
-- helps only where nobody does. ``closed_at`` is the instant of the order that closed the period.
ALTER TABLE period_run ADD COLUMN tended_at timestamptz;
ALTER TABLE period_run ADD COLUMN closed_at timestamptz;
GRANT UPDATE (tended_at, closed_at) ON period_run TO siklus_worker;

-- What a closed period has come to, by unit: how many files have which verdict and predicate.
-- Written by the order that closes it and never changed; its hash is in that order's event.
CREATE TABLE period_summary (
    org text NOT NULL,
    period text NOT NULL,
    kind text NOT NULL,
    unit text NOT NULL,
    verdict text NOT NULL CHECK (verdict IN (
        'done', 'done_by_superior', 'undecided', 'unrateable', 'withdrawn')),
    predicate text,
    files integer NOT NULL CHECK (files > 0),
    UNIQUE NULLS NOT DISTINCT (org, period, kind, unit, verdict, predicate),
    FOREIGN KEY (org, period, kind) REFERENCES period_run (org, period, kind)
);

-- What runs by itself and when, since when (real time) that is so: a later row of a name takes the
-- place of an earlier one, and one without a timing ends it.
CREATE TABLE schedule (
    org text NOT NULL,
    name text NOT NULL,
    since timestamptz NOT NULL,
    timing jsonb,
    PRIMARY KEY (org, name, since)
);
-- What became of each time that something was to run by itself. A skipped or failed one that is
-- made up for becomes ``caught_up_late``; a run that is under way has no ``ended_at``.
CREATE TABLE occurrence (
    org text NOT NULL,
    schedule text NOT NULL,
    nominal timestamptz NOT NULL,
    verdict text NOT NULL CHECK (verdict IN (
        'ran', 'caught_up_late', 'by_hand', 'skipped', 'failed')),
    reason text,
    workflow_id text,
    started_at timestamptz,
    ended_at timestamptz,
    told jsonb NOT NULL,
    noted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (org, schedule, nominal),
    CHECK ((verdict IN ('skipped', 'failed')) = (reason IS NOT NULL))
);

GRANT SELECT ON period_summary, schedule, occurrence TO siklus_worker, siklus_web;
GRANT INSERT ON period_summary, schedule, occurrence TO siklus_worker;
GRANT UPDATE ON occurrence TO siklus_worker;

-- migrate:down
SELECT 1 / (SELECT 0); -- forward only
