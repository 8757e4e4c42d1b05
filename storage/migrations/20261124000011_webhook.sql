-- migrate:up
SET lock_timeout = '4s';
SET statement_timeout = '30s';

-- Where an organisation's events are sent: the fold of the acts on its stream.
CREATE TABLE webhook (
    id uuid PRIMARY KEY,
    org text NOT NULL,
    stream text NOT NULL,
    number bigint NOT NULL,
    url text NOT NULL,
    types text[] NOT NULL,
    description text NOT NULL,
    state text NOT NULL CHECK (state IN ('enabled', 'disabled', 'removed')),
    state_number bigint NOT NULL,
    added_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    FOREIGN KEY (stream, number) REFERENCES event (stream, number)
);
CREATE INDEX webhook_org ON webhook (org) WHERE state <> 'removed';

-- What a body is signed with; no part of the record, and deleted with its webhook. ``command`` is
-- the order that made it. The web's role cannot read it, but for once by the function below.
CREATE TABLE webhook_secret (
    command uuid PRIMARY KEY,
    webhook uuid NOT NULL REFERENCES webhook (id),
    secret text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    valid_until timestamptz,
    shown_at timestamptz
);
CREATE INDEX webhook_secret_of ON webhook_secret (webhook);

CREATE FUNCTION show_webhook_secret(asked uuid) RETURNS text
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE public.webhook_secret SET shown_at = clock_timestamp()
    WHERE command = asked AND shown_at IS NULL
    RETURNING secret
$$;
REVOKE ALL ON FUNCTION show_webhook_secret(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION show_webhook_secret(uuid) TO siklus_worker, siklus_web;

-- Events that nobody has looked at yet for webhooks. A row comes with its event, in the event's own
-- transaction, so it is seen when the event is, however late that commits; whoever takes it deletes
-- it. Without webhooks there are none.
CREATE TABLE webhook_news (
    stream text NOT NULL,
    number bigint NOT NULL,
    PRIMARY KEY (stream, number),
    FOREIGN KEY (stream, number) REFERENCES event (stream, number)
);
CREATE FUNCTION note_webhook_news() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO webhook_news (stream, number)
    SELECT n.stream, n.number FROM added AS n
    WHERE EXISTS (SELECT FROM webhook AS w WHERE w.org = n.org AND w.state <> 'removed');
    RETURN NULL;
END
$$;
CREATE TRIGGER event_is_news AFTER INSERT ON event REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION note_webhook_news();

-- One event for one webhook, until it has arrived or was given up. All instants are real time.
CREATE TABLE webhook_delivery (
    webhook uuid NOT NULL REFERENCES webhook (id),
    stream text NOT NULL,
    number bigint NOT NULL,
    state text NOT NULL DEFAULT 'waiting'
        CHECK (state IN ('waiting', 'delivered', 'parked', 'cancelled')),
    since timestamptz NOT NULL DEFAULT clock_timestamp(),
    next_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    attempts integer NOT NULL DEFAULT 0,
    last_at timestamptz,
    problem text,
    status integer,
    PRIMARY KEY (webhook, stream, number),
    FOREIGN KEY (stream, number) REFERENCES event (stream, number)
);
CREATE INDEX webhook_delivery_due ON webhook_delivery (next_at) WHERE state = 'waiting';

-- Since when nothing has arrived at a webhook, and when it is tried next, with one event; no row
-- while it is well.
CREATE TABLE webhook_failing (
    webhook uuid PRIMARY KEY REFERENCES webhook (id),
    since timestamptz NOT NULL,
    probe_at timestamptz NOT NULL
);

GRANT SELECT ON webhook, webhook_news, webhook_delivery, webhook_failing
    TO siklus_worker, siklus_web;
GRANT INSERT ON webhook, webhook_secret, webhook_news, webhook_delivery, webhook_failing
    TO siklus_worker;
GRANT UPDATE (state, state_number) ON webhook TO siklus_worker;
GRANT UPDATE (valid_until) ON webhook_secret TO siklus_worker;
GRANT UPDATE (state, since, next_at, attempts, last_at, problem, status) ON webhook_delivery
    TO siklus_worker;
GRANT UPDATE, DELETE ON webhook_news TO siklus_worker;
GRANT UPDATE (probe_at), DELETE ON webhook_failing TO siklus_worker;
GRANT SELECT, DELETE ON webhook_secret TO siklus_worker;

-- migrate:down
SELECT 1 / (SELECT 0); -- forward only
