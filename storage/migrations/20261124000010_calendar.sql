-- squawk-ignore-file adding-field-with-default, require-concurrent-index-creation
-- migrate:up
SET lock_timeout = '4s';
SET statement_timeout = '60s';

-- What an organisation has changed in its working calendar, in the order of its stream: the days of
-- a decree, or the working week of a unit. Nothing is ever changed; the shipped calendars are the
-- base. ``since`` is the instant of the act: whatever was received before goes by what was known then.
CREATE TABLE calendar_change (
    stream text NOT NULL,
    number bigint NOT NULL,
    org text NOT NULL,
    act text NOT NULL CHECK (act IN ('set_holidays', 'set_week')),
    said jsonb NOT NULL,
    since timestamptz NOT NULL,
    PRIMARY KEY (stream, number),
    FOREIGN KEY (stream, number) REFERENCES event (stream, number)
);
CREATE INDEX calendar_change_of ON calendar_change (org, number);

-- How many of these changes a file has taken in, whether or not one concerned its dates.
ALTER TABLE file ADD COLUMN calendar_taken integer NOT NULL DEFAULT 0;

-- A notice is looked up by its event.
CREATE INDEX outbox_event ON outbox (stream, number);

GRANT SELECT ON calendar_change TO siklus_worker, siklus_web;
GRANT INSERT ON calendar_change TO siklus_worker;

-- migrate:down
SELECT 1 / (SELECT 0); -- forward only
