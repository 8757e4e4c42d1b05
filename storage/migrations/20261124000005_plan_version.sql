-- migrate:up
SET lock_timeout = '4s';
SET statement_timeout = '30s';

-- An agreement recorded so far left no version of a plan, and its file began without a gate.
DO $$
BEGIN
    IF EXISTS (SELECT FROM file WHERE kind = 'tahunan') THEN
        RAISE EXCEPTION 'this record has annual files of before the first release and cannot be carried over'
            USING HINT = 'Start with an empty data directory (SIKLUS_DATA) or database.';
    END IF;
END
$$;

-- The annual plan (SKP) of each person and year: one row for each agreement on the annual file,
-- with the ids of its results; the texts lie in content. Nothing is ever changed; what others cite
-- is the version and the number of the event. ``since`` is the instant of the agreement.
CREATE TABLE plan_version (
    stream text NOT NULL,
    number bigint NOT NULL,
    org text NOT NULL,
    person uuid NOT NULL,
    year text NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    since timestamptz NOT NULL,
    results text [] NOT NULL,
    PRIMARY KEY (stream, number),
    UNIQUE (org, person, year, version),
    FOREIGN KEY (stream, number) REFERENCES event (stream, number)
);

GRANT SELECT ON plan_version TO siklus_worker, siklus_web;
GRANT INSERT ON plan_version TO siklus_worker;

-- migrate:down
SELECT 1 / (SELECT 0); -- forward only
