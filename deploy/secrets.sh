#!/bin/sh
# Make the secrets of docker-compose.yml, a file each, once; what is there stays.
set -eu
umask 077
cd "$(dirname "$0")"
mkdir -p secrets
random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
for name in postgres owner worker web temporal; do
    [ -s "secrets/${name}_password" ] || random > "secrets/${name}_password"
done
for name in owner worker web; do
    [ -s "secrets/${name}_url" ] || printf 'postgresql://siklus_%s:%s@postgres:5432/siklus?sslmode=disable' "$name" "$(cat "secrets/${name}_password")" \
        > "secrets/${name}_url"
done
# Containers run as users of their own, who have to read them; other users of this machine cannot enter.
chmod 700 secrets && chmod 444 secrets/*
echo "secrets are in $(pwd)/secrets; keep them out of backups that others read"
