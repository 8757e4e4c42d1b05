-- squawk-ignore-file ban-drop-constraint, constraint-missing-not-valid
-- migrate:up
SET lock_timeout = '4s';
SET statement_timeout = '30s';

-- The performance predicate of each unit and period: what was proposed, set and corrected, in the
-- order of its stream. Nothing is ever changed; the last row that is no proposal is in force.
CREATE TABLE unit_predicate (
    stream text NOT NULL,
    number bigint NOT NULL,
    org text NOT NULL,
    unit text NOT NULL,
    period text NOT NULL,
    step text NOT NULL CHECK (step IN ('proposed', 'set', 'corrected')),
    predicate text NOT NULL,
    since timestamptz NOT NULL,
    PRIMARY KEY (stream, number),
    FOREIGN KEY (stream, number) REFERENCES event (stream, number)
);
CREATE INDEX unit_predicate_of ON unit_predicate (org, period, unit, number);
-- A file may wait for its unit.
ALTER TABLE file DROP CONSTRAINT file_awaits_check;
ALTER TABLE file ADD CONSTRAINT file_awaits_check CHECK (awaits IN (
    'employee', 'supervisor', 'superior', 'hr', 'unit_head', 'unit_superior'));

GRANT SELECT ON unit_predicate TO siklus_worker, siklus_web;
GRANT INSERT ON unit_predicate TO siklus_worker;

-- migrate:down
SELECT 1 / (SELECT 0); -- forward only
