-- 巡查轮次 · rounds: patrols, video rounds, duty presence, enterprise checks.
CREATE TABLE IF NOT EXISTS rounds
(
    sender LowCardinality(String),
    id String,
    sha256 String,
    home LowCardinality(String),
    occurred_at DateTime64(6, 'UTC'),
    place LowCardinality(String),
    kind LowCardinality(String),
    area LowCardinality(String),
    grid LowCardinality(Nullable(String)),
    worker LowCardinality(Nullable(String)),
    started_at DateTime64(6, 'UTC'),
    ended_at Nullable(DateTime64(6, 'UTC')),
    passed Nullable(Bool),
    recorded_at Nullable(DateTime64(6, 'UTC')),
    origin_topic LowCardinality(String) COMMENT 'where the input stood on its source topic',
    origin_partition UInt32,
    origin_offset UInt64,
    ingested_at DateTime64(6, 'UTC'),
    topic LowCardinality(String) COMMENT 'the record that carried this row',
    partition UInt32,
    offset UInt64,
    precedence UInt64 MATERIALIZED 18446744073709551615 - offset
        COMMENT 'of two contents of one identity the earlier in the log stands'
)
ENGINE = ReplacingMergeTree(precedence)
ORDER BY (place, sender, id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT '巡查轮次 · rounds, by identity; read with FINAL';
