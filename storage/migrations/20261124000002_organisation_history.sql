-- These tables are small, and nothing reads them while a migration runs.
-- squawk-ignore-file adding-serial-primary-key-field, ban-drop-constraint, ban-drop-default, constraint-missing-not-valid
-- migrate:up
SET lock_timeout = '4s';
SET statement_timeout = '30s';

-- Decisions recorded so far do not say by which version of the organisation they were taken, and
-- nothing can say it for them now.
DO $$
BEGIN
    IF EXISTS (SELECT FROM event) THEN
        RAISE EXCEPTION 'this record was begun before the first release and cannot be carried over'
            USING HINT = 'Start with an empty data directory (SIKLUS_DATA) or database.';
    END IF;
END
$$;

-- What was known when: a row of posts, holdings or mandates is known from one version of the
-- organisation until another takes it back, and is never deleted. ``since`` is the instant (in
-- business time) of the act that made a version, so that whatever was received before it is judged
-- by what was known then, however late it is decided. ``recorded_at`` is the auditor's.
CREATE TABLE organisation_version (
    org text NOT NULL,
    version bigint NOT NULL,
    since timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (org, version)
);
ALTER TABLE post ADD COLUMN known_from bigint NOT NULL DEFAULT 0;
ALTER TABLE post ADD COLUMN known_until bigint CHECK (known_until > known_from);
ALTER TABLE post ALTER COLUMN known_from DROP DEFAULT;
ALTER TABLE post DROP CONSTRAINT post_pkey;
ALTER TABLE post ADD PRIMARY KEY (org, id, from_on, known_from);

ALTER TABLE holding ADD COLUMN known_from bigint NOT NULL DEFAULT 0;
ALTER TABLE holding ADD COLUMN known_until bigint CHECK (known_until > known_from);
ALTER TABLE holding ALTER COLUMN known_from DROP DEFAULT;
ALTER TABLE holding DROP CONSTRAINT holding_pkey;
ALTER TABLE holding ADD PRIMARY KEY (org, person, post, capacity, from_on, known_from);

ALTER TABLE mandate ADD COLUMN known_from bigint NOT NULL DEFAULT 0;
ALTER TABLE mandate ADD COLUMN known_until bigint CHECK (known_until > known_from);
ALTER TABLE mandate ALTER COLUMN known_from DROP DEFAULT;
ALTER TABLE mandate DROP CONSTRAINT mandate_pkey;
ALTER TABLE mandate ADD PRIMARY KEY (org, person, post, from_on, known_from);

REVOKE DELETE ON post, holding FROM siklus_worker;
GRANT UPDATE (known_until) ON post, holding, mandate TO siklus_worker;
GRANT INSERT ON organisation_version TO siklus_worker;
GRANT SELECT ON organisation_version TO siklus_worker, siklus_web;

-- migrate:down
SELECT 1 / (SELECT 0); -- forward only
