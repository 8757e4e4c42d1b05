-- The business clock: one row, or none where business time is real time.

-- name: read_clock()^
-- Origin and speed.
SELECT origin_business, origin_real, speed FROM clock;

-- name: write_clock(origin_business, origin_real, speed)!
-- Start the clock anew from an origin.
INSERT INTO clock (origin_business, origin_real, speed)
VALUES (:origin_business, :origin_real, :speed)
ON CONFLICT (only_row) DO UPDATE SET
    origin_business = excluded.origin_business,
    origin_real = excluded.origin_real,
    speed = excluded.speed;

-- name: last_instant()^
-- The latest business instant in the record.
SELECT greatest(
    (SELECT max(happened_at) FROM event), (SELECT max(received_at) FROM command)
) AS last_at;
