-- squawk-ignore-file adding-field-with-default, require-concurrent-index-creation
-- migrate:up
SET lock_timeout = '4s';
SET statement_timeout = '60s';

-- The spread of predicates that a signature is weighed against is counted by unit.
ALTER TABLE file ADD COLUMN predicate text GENERATED ALWAYS AS (state ->> 'predicate') STORED;
CREATE INDEX file_predicate ON file (org, period, unit, predicate) WHERE predicate IS NOT NULL;

-- migrate:down
SELECT 1 / (SELECT 0); -- forward only
