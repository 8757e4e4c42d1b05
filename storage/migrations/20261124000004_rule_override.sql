-- migrate:up
SET lock_timeout = '4s';
SET statement_timeout = '30s';

-- What an organisation has set of the rules for itself, in the order of its stream. Nothing is
-- ever changed; a later row goes before an earlier one from its own day on.
CREATE TABLE rule_override (
    stream text NOT NULL,
    number bigint NOT NULL,
    org text NOT NULL,
    rule text NOT NULL,
    parameters jsonb NOT NULL,
    from_on date NOT NULL,
    source text NOT NULL,
    since timestamptz NOT NULL,
    PRIMARY KEY (stream, number),
    FOREIGN KEY (stream, number) REFERENCES event (stream, number)
);
CREATE INDEX rule_override_of ON rule_override (org, number);

GRANT SELECT ON rule_override TO siklus_worker, siklus_web;
GRANT INSERT ON rule_override TO siklus_worker;

-- migrate:down
SELECT 1 / (SELECT 0); -- forward only
