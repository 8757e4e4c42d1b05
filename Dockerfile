# syntax=docker/dockerfile:1
# Siklus for servers of its own: no embedded Postgres, no embedded Temporal.
FROM docker.io/library/python:3.11-slim-bookworm AS build
WORKDIR /source
COPY requirements/build.lock.txt requirements/image.lock.txt requirements/
RUN python -m venv /opt/siklus \
    && python -m pip install --no-cache-dir --require-hashes -r requirements/build.lock.txt \
    && /opt/siklus/bin/pip install --no-cache-dir --require-hashes -r requirements/image.lock.txt
COPY . .
RUN python -m hatchling build -t wheel -d /wheel \
    && /opt/siklus/bin/pip install --no-cache-dir --no-deps --no-index /wheel/*.whl \
    && /opt/siklus/bin/python -m compileall -q /opt/siklus

FROM docker.io/library/python:3.11-slim-bookworm
RUN useradd --uid 10001 --create-home --home-dir /var/lib/siklus siklus
COPY --from=build /opt/siklus /opt/siklus
ENV PATH=/opt/siklus/bin:$PATH PYTHONUNBUFFERED=1 SIKLUS_DATA=/var/lib/siklus/data SIKLUS_LOG_FORMAT=json
USER 10001
WORKDIR /var/lib/siklus
ENTRYPOINT ["siklus"]
CMD ["--help"]
