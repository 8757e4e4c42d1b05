#!/bin/sh
# The schemas of Temporal's two databases; safe to repeat.
set -eu
SQL_PASSWORD=$(cat /run/secrets/temporal_password)
export SQL_PASSWORD
for database in temporal temporal_visibility; do
    case $database in temporal) part=temporal ;; *) part=visibility ;; esac
    tool() { temporal-sql-tool --plugin postgres12 --ep postgres --port 5432 --user temporal --db "$database" "$@"; }
    tool setup-schema -v 0.0 || echo "$database has its schema table, or the next line says what is wrong"
    tool update-schema -d "/etc/temporal/schema/postgresql/v12/$part/versioned"
done
