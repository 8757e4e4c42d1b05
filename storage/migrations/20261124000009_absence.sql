-- migrate:up
SET lock_timeout = '4s';
SET statement_timeout = '30s';

-- Who does not serve, why, and by which decree: leave, study, suspension, retirement, death. Known
-- from one version of the organisation until another, as posts, holdings and mandates are.
CREATE TABLE absence (
    org text NOT NULL,
    person uuid NOT NULL REFERENCES person (id),
    kind text NOT NULL,
    decree text NOT NULL,
    from_on date NOT NULL,
    to_on date CHECK (to_on >= from_on),
    known_from bigint NOT NULL,
    known_until bigint CHECK (known_until > known_from),
    PRIMARY KEY (org, person, kind, from_on, known_from)
);
GRANT SELECT ON absence TO siklus_worker, siklus_web;
GRANT INSERT ON absence TO siklus_worker;
GRANT UPDATE (known_until) ON absence TO siklus_worker;

-- What somebody has begun to write for a file: no fact, and nobody else's. It stays readable when
-- its author has lost the task, to him, to who has it now and to the HR office.
CREATE TABLE draft (
    file uuid NOT NULL REFERENCES file (id),
    author uuid NOT NULL REFERENCES person (id),
    act text NOT NULL,
    body jsonb NOT NULL,
    saved_at timestamptz NOT NULL,
    PRIMARY KEY (file, author, act)
);
GRANT SELECT ON draft TO siklus_worker, siklus_web;
GRANT INSERT, UPDATE (body, saved_at) ON draft TO siklus_web;

-- migrate:down
SELECT 1 / (SELECT 0); -- forward only
