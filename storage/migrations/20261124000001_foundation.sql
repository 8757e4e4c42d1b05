-- migrate:up
SET lock_timeout = '4s';
SET statement_timeout = '30s';

-- Two roles from the start. The worker's writes facts and can neither change nor delete an event;
-- the web's reads, and inserts commands. Whoever runs the stack gives them a way to log in.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'siklus_worker') THEN
        CREATE ROLE siklus_worker NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'siklus_web') THEN
        CREATE ROLE siklus_web NOLOGIN;
    END IF;
END
$$;
GRANT USAGE ON SCHEMA public TO siklus_worker, siklus_web;

-- Business time: business = origin_business + (real - origin_real) * speed. Speed 1 in real life.
CREATE TABLE clock (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    origin_business timestamptz NOT NULL,
    origin_real timestamptz NOT NULL,
    speed double precision NOT NULL CHECK (speed > 0)
);

-- The organisation. ``version`` rises with every act on it, so that readers may cache the rows.
CREATE TABLE organisation (
    org text PRIMARY KEY,
    version bigint NOT NULL
);
CREATE TABLE person (
    id uuid PRIMARY KEY,
    org text NOT NULL,
    identity_number text NOT NULL,
    name text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('PNS', 'PPPK', 'PPPK paruh waktu', 'pejabat negara')),
    UNIQUE (org, identity_number)
);
CREATE TABLE post (
    org text NOT NULL,
    id text NOT NULL,
    unit text NOT NULL,
    superior text,
    level text NOT NULL CHECK (level IN (
        'kepala daerah', 'JPT pratama', 'administrator', 'pengawas', 'fungsional', 'pelaksana')),
    office text CHECK (office IN ('hr', 'sekda')),
    from_on date NOT NULL,
    to_on date CHECK (to_on >= from_on),
    PRIMARY KEY (org, id, from_on)
);
CREATE TABLE holding (
    org text NOT NULL,
    person uuid NOT NULL REFERENCES person (id),
    post text NOT NULL,
    capacity text NOT NULL CHECK (capacity IN ('definitif', 'Plt', 'Plh', 'Pj')),
    decree text,
    from_on date NOT NULL,
    to_on date CHECK (to_on >= from_on),
    PRIMARY KEY (org, person, post, capacity, from_on)
);
CREATE TABLE mandate (
    org text NOT NULL,
    person uuid NOT NULL REFERENCES person (id),
    post text NOT NULL,
    decree text NOT NULL,
    from_on date NOT NULL,
    to_on date CHECK (to_on >= from_on),
    PRIMARY KEY (org, person, post, from_on)
);

-- Calendars and contexts by value: without them no decision could be taken again.
CREATE TABLE calendar (
    version text PRIMARY KEY,
    value jsonb NOT NULL
);
CREATE TABLE context (
    hash text PRIMARY KEY,
    value bytea NOT NULL
);

-- One opening of one period, and everybody in the organisation then: opened or left out, and why.
CREATE TABLE period_run (
    org text NOT NULL,
    period text NOT NULL,
    kind text NOT NULL,
    process text NOT NULL,
    opened_at timestamptz NOT NULL,
    is_complete boolean NOT NULL DEFAULT false,
    PRIMARY KEY (org, period, kind)
);
CREATE TABLE roster (
    org text NOT NULL,
    period text NOT NULL,
    kind text NOT NULL,
    person uuid NOT NULL REFERENCES person (id),
    unit text NOT NULL,
    post text NOT NULL,
    excluded_because text,
    PRIMARY KEY (org, period, kind, person),
    FOREIGN KEY (org, period, kind) REFERENCES period_run (org, period, kind)
);

-- The present state of each file: the fold of its events, with columns for the read models.
CREATE TABLE file (
    id uuid PRIMARY KEY,
    org text NOT NULL,
    period text NOT NULL,
    kind text NOT NULL,
    person uuid NOT NULL REFERENCES person (id),
    stream text NOT NULL UNIQUE,
    unit text NOT NULL,
    number bigint NOT NULL,
    head text NOT NULL,
    last_at timestamptz NOT NULL,
    stage text NOT NULL,
    turn text NOT NULL,
    visit integer NOT NULL,
    version integer NOT NULL,
    awaits text CHECK (awaits IN ('employee', 'supervisor', 'superior', 'hr')),
    due_at timestamptz,
    wake_at timestamptz,
    wake_real_at timestamptz,
    ended text,
    state jsonb NOT NULL,
    UNIQUE (org, period, kind, person),
    FOREIGN KEY (org, period, kind, person) REFERENCES roster (org, period, kind, person),
    CHECK ((ended IS NULL) = (awaits IS NOT NULL))
);
CREATE INDEX file_open ON file (org, wake_real_at) WHERE ended IS NULL;

-- What people asked for. A row is safe before anybody is told that it is.
CREATE TABLE command (
    id uuid PRIMARY KEY,
    org text NOT NULL,
    stream text NOT NULL,
    act text NOT NULL,
    actor uuid REFERENCES person (id),
    body jsonb NOT NULL,
    expected_version integer,
    via text NOT NULL,
    os_user text,
    salt bytea NOT NULL,
    request_hash bytea NOT NULL,
    received_at timestamptz NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    outcome jsonb,
    decided_at timestamptz,
    told_at timestamptz,
    knocked_at timestamptz
);
CREATE INDEX command_undecided ON command (stream, received_at, id) WHERE outcome IS NULL;
CREATE INDEX command_untold ON command (decided_at) WHERE outcome IS NOT NULL AND told_at IS NULL;
CREATE INDEX command_stream ON command (stream);

-- The record: one gapless hash chain a stream. ``canonical`` holds the very bytes that were
-- hashed; the other columns are projections of them.
CREATE TABLE event (
    stream text NOT NULL,
    number bigint NOT NULL CHECK (number >= 0),
    org text NOT NULL,
    hash text NOT NULL UNIQUE,
    canonical bytea NOT NULL,
    kind text NOT NULL,
    act text,
    command_id uuid,
    actor uuid,
    happened_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (stream, number)
);
CREATE INDEX event_command ON event (command_id) WHERE command_id IS NOT NULL;

-- The texts behind an event; purged with their salt, without touching the chain.
CREATE TABLE content (
    stream text NOT NULL,
    number bigint NOT NULL,
    salt bytea NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (stream, number),
    FOREIGN KEY (stream, number) REFERENCES event (stream, number)
);

-- Each rung of a ladder at most once in a visit.
CREATE TABLE reminder (
    file uuid NOT NULL REFERENCES file (id),
    visit integer NOT NULL,
    rung text NOT NULL,
    number bigint NOT NULL,
    happened_at timestamptz NOT NULL,
    PRIMARY KEY (file, visit, rung)
);

-- Notices: written with the fact, one recipient each, at most once by ``once_key``.
CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    org text NOT NULL,
    stream text NOT NULL,
    number bigint NOT NULL,
    topic text NOT NULL,
    recipient uuid NOT NULL REFERENCES person (id),
    once_key text NOT NULL UNIQUE,
    created_at timestamptz NOT NULL,
    FOREIGN KEY (stream, number) REFERENCES event (stream, number)
);
-- The first delivery channel: a row here is a notice that the recipient can read.
CREATE TABLE inbox (
    outbox bigint PRIMARY KEY REFERENCES outbox (id),
    recipient uuid NOT NULL REFERENCES person (id),
    accepted_at timestamptz NOT NULL
);
CREATE INDEX inbox_recipient ON inbox (recipient, accepted_at);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER event_is_append_only BEFORE UPDATE OR DELETE ON event
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER event_is_never_emptied BEFORE TRUNCATE ON event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT SELECT ON ALL TABLES IN SCHEMA public TO siklus_worker, siklus_web;
GRANT INSERT ON event, content, context, calendar, reminder, outbox, inbox, file, command,
    period_run, roster, person, post, holding, mandate, organisation TO siklus_worker;
GRANT UPDATE ON file, command, person, organisation TO siklus_worker;
GRANT UPDATE (is_complete) ON period_run TO siklus_worker;
GRANT DELETE ON post, holding TO siklus_worker;
-- Not its outcome: that would be a decision.
GRANT INSERT (id, org, stream, act, actor, body, expected_version, via, os_user, salt,
    request_hash, received_at) ON command TO siklus_web;
GRANT UPDATE (told_at) ON command TO siklus_web;

-- migrate:down
SELECT 1 / (SELECT 0); -- forward only
