#!/bin/sh
# Run once by the Postgres image on an empty volume: the owner of the ledger and the owner of
# Temporal's databases, each with a password of its own and no right over the other.
set -eu
owner=$(cat /run/secrets/owner_password)
temporal=$(cat /run/secrets/temporal_password)
psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    -v owner="$owner" -v temporal="$temporal" <<'SQL'
CREATE ROLE siklus_owner LOGIN CREATEROLE PASSWORD :'owner';
CREATE DATABASE siklus OWNER siklus_owner;
CREATE ROLE temporal LOGIN PASSWORD :'temporal';
CREATE DATABASE temporal OWNER temporal;
CREATE DATABASE temporal_visibility OWNER temporal;
REVOKE CONNECT ON DATABASE temporal FROM PUBLIC;
REVOKE CONNECT ON DATABASE temporal_visibility FROM PUBLIC;
SQL
