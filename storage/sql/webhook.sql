-- Webhooks: where events are sent, what has to be sent, and what became of it.

-- name: read_webhooks(org)
-- Every webhook there has been, the oldest first.
SELECT id, url, types, description, state FROM webhook WHERE org = :org ORDER BY number;

-- name: insert_webhook(id, org, stream, number, url, types, description)!
-- A webhook as its order has it.
INSERT INTO webhook (id, org, stream, number, url, types, description, state, state_number)
VALUES (:id, :org, :stream, :number, :url, :types, :description, 'enabled', :number);

-- name: set_state(id, state, number)!
-- What an accepted order has made of a webhook. Enabled again, it begins anew to fail.
WITH well AS (
    DELETE FROM webhook_failing WHERE webhook = :id AND :state::text = 'enabled'
)
UPDATE webhook SET state = :state, state_number = :number WHERE id = :id;

-- name: insert_secret(command, webhook, secret, old_seconds)!
-- A new secret; those before it are valid for a while yet.
WITH ending AS (
    UPDATE webhook_secret
    SET valid_until = least(
        valid_until, clock_timestamp() + make_interval(secs => :old_seconds)
    )
    WHERE webhook = :webhook
)
INSERT INTO webhook_secret (command, webhook, secret) VALUES (:command, :webhook, :secret);

-- name: forget(webhook)!
-- Nothing more is sent to a removed webhook, and its secrets are gone.
WITH secrets AS (
    DELETE FROM webhook_secret WHERE webhook = :webhook
), failing AS (
    DELETE FROM webhook_failing WHERE webhook = :webhook
)
UPDATE webhook_delivery SET state = 'cancelled' WHERE webhook = :webhook AND state = 'waiting';

-- name: retry(webhook)!
-- What was parked is tried again, and what waits is tried at once.
WITH probing AS (
    UPDATE webhook_failing SET probe_at = clock_timestamp() WHERE webhook = :webhook
)
UPDATE webhook_delivery
SET state = 'waiting', since = clock_timestamp(), next_at = clock_timestamp(), attempts = 0
WHERE webhook = :webhook AND (state = 'parked' OR (state = 'waiting' AND problem IS NOT NULL));

-- name: show_secret(command)$
-- The secret that an order made, the first time that it is asked for; nothing after that.
SELECT show_webhook_secret(:command);

-- name: take_news(kinds, types, page)$
-- Make deliveries of events that nobody has looked at, for every webhook that wants their type and
-- was there before them; how many events. Two takers never get the same ones.
WITH found AS (
    SELECT stream, number FROM webhook_news
    ORDER BY stream, number
    LIMIT :page
    FOR UPDATE SKIP LOCKED
), taken AS (
    DELETE FROM webhook_news AS n USING found AS f
    WHERE n.stream = f.stream AND n.number = f.number
    RETURNING n.stream, n.number
), made AS (
    INSERT INTO webhook_delivery (webhook, stream, number)
    SELECT w.id, e.stream, e.number
    FROM taken AS t
    JOIN event AS e ON e.stream = t.stream AND e.number = t.number
    JOIN unnest(:kinds::text[], :types::text[]) AS c (kind, type) ON c.kind = e.kind
    JOIN webhook AS w
        ON w.org = e.org AND w.state <> 'removed' AND c.type = any(w.types)
        AND w.added_at < e.recorded_at
    ON CONFLICT DO NOTHING
)
SELECT count(*) FROM taken;

-- name: claim(lease_seconds, page)
-- What is due, each given to one claimant for so long; whoever dies with it leaves it to the next.
-- A webhook that fails is tried with one event at a time.
WITH due AS MATERIALIZED (
    SELECT x.webhook, x.stream, x.number, w.url, w.org
    FROM webhook_delivery AS x
    JOIN webhook AS w ON w.id = x.webhook
    LEFT JOIN webhook_failing AS f ON f.webhook = x.webhook
    WHERE x.state = 'waiting' AND x.next_at <= clock_timestamp() AND w.state = 'enabled'
        AND (
            f.webhook IS NULL
            OR (
                f.probe_at <= clock_timestamp()
                AND (x.stream, x.number) = (
                    SELECT y.stream, y.number FROM webhook_delivery AS y
                    WHERE y.webhook = x.webhook AND y.state = 'waiting'
                        AND y.next_at <= clock_timestamp()
                    ORDER BY y.next_at, y.stream, y.number LIMIT 1
                )
            )
        )
    ORDER BY x.next_at, x.stream, x.number
    LIMIT :page
    FOR UPDATE OF x SKIP LOCKED
), probing AS (
    UPDATE webhook_failing SET probe_at = clock_timestamp() + make_interval(secs => :lease_seconds)
    WHERE webhook IN (SELECT webhook FROM due)
)
UPDATE webhook_delivery AS d
SET attempts = d.attempts + 1,
    next_at = clock_timestamp() + make_interval(secs => :lease_seconds)
FROM due
WHERE d.webhook = due.webhook AND d.stream = due.stream AND d.number = due.number
RETURNING d.webhook, d.stream, d.number, d.attempts, d.since, due.url, due.org;

-- name: read_event(stream, number)
-- An event with those before it on its stream, the oldest first.
SELECT canonical FROM event WHERE stream = :stream AND number <= :number ORDER BY number;

-- name: read_secrets(webhook)
-- The secrets that are valid now, the newest first.
SELECT secret FROM webhook_secret
WHERE webhook = :webhook AND (valid_until IS NULL OR valid_until > clock_timestamp())
ORDER BY made_at DESC, command;

-- name: mark_delivered(webhook, stream, number, attempt, status)!
-- It has arrived, whoever else may have claimed it meanwhile; so the webhook is well.
WITH well AS (
    DELETE FROM webhook_failing WHERE webhook = :webhook
)
UPDATE webhook_delivery
SET state = 'delivered', last_at = clock_timestamp(), problem = NULL, status = :status,
    attempts = greatest(attempts, :attempt)
WHERE webhook = :webhook AND stream = :stream AND number = :number AND state <> 'cancelled';

-- name: mark_failed(webhook, stream, number, attempt, problem, status, next_at, first_seconds, longest_seconds)!
-- It has not arrived: tried again at that instant, or parked without one. A claimant who was too
-- slow says nothing about the attempt of the next one. The longer its webhook has failed, the
-- longer the wait until that is tried with anything.
WITH failing AS (
    INSERT INTO webhook_failing (webhook, since, probe_at)
    VALUES (
        :webhook, clock_timestamp(), clock_timestamp() + make_interval(secs => :first_seconds)
    )
    ON CONFLICT (webhook) DO UPDATE SET probe_at = clock_timestamp() + least(
        greatest(
            (clock_timestamp() - webhook_failing.since) / 2, make_interval(secs => :first_seconds)
        ),
        make_interval(secs => :longest_seconds)
    )
)
UPDATE webhook_delivery
SET state = CASE WHEN :next_at::timestamptz IS NULL THEN 'parked' ELSE 'waiting' END,
    next_at = coalesce(:next_at, next_at), last_at = clock_timestamp(), problem = :problem,
    status = :status
WHERE webhook = :webhook AND stream = :stream AND number = :number AND state = 'waiting'
    AND attempts = :attempt;

-- name: park(webhook, stream, number, problem)!
-- It cannot be sent at all.
UPDATE webhook_delivery SET state = 'parked', last_at = clock_timestamp(), problem = :problem
WHERE webhook = :webhook AND stream = :stream AND number = :number;

-- name: read_failing(org, seconds)
-- Enabled webhooks where nothing has arrived for so long, and since when.
SELECT w.id, w.state_number, f.since
FROM webhook AS w
JOIN webhook_failing AS f ON f.webhook = w.id
WHERE w.org = :org AND w.state = 'enabled'
    AND f.since <= clock_timestamp() - make_interval(secs => :seconds);

-- name: list_webhooks(org)
-- The webhooks that are there, with what waits, has arrived and is parked, and since when they fail.
SELECT w.id, w.url, w.types, w.description, w.state, f.since AS failing_since,
    (SELECT count(*) FROM webhook_delivery AS d WHERE d.webhook = w.id AND d.state = 'waiting')
        AS waiting,
    (SELECT count(*) FROM webhook_delivery AS d WHERE d.webhook = w.id AND d.state = 'delivered')
        AS delivered,
    (SELECT count(*) FROM webhook_delivery AS d WHERE d.webhook = w.id AND d.state = 'parked')
        AS parked
FROM webhook AS w
LEFT JOIN webhook_failing AS f ON f.webhook = w.id
WHERE w.org = :org AND w.state <> 'removed'
ORDER BY w.number;

-- name: list_deliveries(org, webhook, state, page)
-- What was sent or waits, the newest first; of one webhook and in one state if so asked.
SELECT d.webhook, d.stream, d.number, e.kind, d.state, d.since, d.attempts, d.last_at, d.problem,
    d.status, CASE WHEN d.state = 'waiting' THEN d.next_at END AS next_at
FROM webhook_delivery AS d
JOIN webhook AS w ON w.id = d.webhook
JOIN event AS e ON e.stream = d.stream AND e.number = d.number
WHERE w.org = :org AND (:webhook::uuid IS NULL OR d.webhook = :webhook)
    AND (:state::text IS NULL OR d.state = :state)
ORDER BY e.recorded_at DESC, d.stream, d.number
LIMIT :page;

-- name: audit_webhooks(org)
-- Every webhook as it stands, with the numbers of the events that it comes from.
SELECT id, number, url, types, description, state, state_number
FROM webhook WHERE org = :org ORDER BY number;
