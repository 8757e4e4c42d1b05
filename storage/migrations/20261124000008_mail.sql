-- migrate:up
SET lock_timeout = '4s';
SET statement_timeout = '30s';

-- Where people are reached. An address stands here and in the content of the order that brought it,
-- in no event, log or history. Only the last order of a person is kept.
CREATE TABLE contact (
    org text NOT NULL,
    person uuid NOT NULL REFERENCES person (id),
    address text NOT NULL,
    language text NOT NULL CHECK (language IN ('id', 'en')),
    PRIMARY KEY (org, person)
);
-- What a person chose for himself; it goes before what the office said.
CREATE TABLE mail_preference (
    org text NOT NULL,
    person uuid NOT NULL REFERENCES person (id),
    digest boolean,
    language text CHECK (language IN ('id', 'en')),
    PRIMARY KEY (org, person)
);

-- One message to one person: one of each kind on a day. Frozen when composed; once it was handed
-- over its words go and the row stays. ``next_try_at`` is real time. ``id`` follows from the key,
-- and the Message-ID from ``id``.
CREATE TABLE mail (
    id uuid PRIMARY KEY,
    org text NOT NULL,
    recipient uuid NOT NULL REFERENCES person (id),
    on_day date NOT NULL,
    kind text NOT NULL CHECK (kind IN ('digest', 'notice')),
    language text NOT NULL CHECK (language IN ('id', 'en')),
    nominal_at timestamptz NOT NULL,
    subject text NOT NULL,
    body_text text NOT NULL,
    body_html text NOT NULL,
    lines integer NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    next_try_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    sent_at timestamptz,
    parked_at timestamptz,
    error text,
    UNIQUE (org, recipient, on_day, kind),
    CHECK (sent_at IS NULL OR parked_at IS NULL)
);
CREATE INDEX mail_waiting ON mail (next_try_at) WHERE sent_at IS NULL AND parked_at IS NULL;
-- Which notice was told in which mail: each in one at most.
CREATE TABLE mail_notice (
    outbox bigint PRIMARY KEY REFERENCES outbox (id),
    mail uuid NOT NULL REFERENCES mail (id) ON DELETE CASCADE
);
CREATE INDEX mail_notice_mail ON mail_notice (mail);
CREATE INDEX outbox_created ON outbox (org, created_at);

GRANT SELECT ON contact, mail_preference, mail, mail_notice TO siklus_worker, siklus_web;
GRANT INSERT, UPDATE, DELETE ON contact, mail_preference, mail TO siklus_worker;
GRANT INSERT, DELETE ON mail_notice TO siklus_worker;

-- migrate:down
SELECT 1 / (SELECT 0); -- forward only
