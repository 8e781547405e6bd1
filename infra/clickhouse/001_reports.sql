-- 上报件 · reports: one row for each accepted report.
-- The sorting key of every table begins with the place: each question names one, and the rest of
-- the key (here the report's identity) belongs to one place only, so rows still meet by identity.
-- No table is partitioned: an upstream's dates may lie decades apart, and an insert is one part
-- (all of it or nothing) only while it stays within one partition.
CREATE TABLE IF NOT EXISTS reports
(
    sender LowCardinality(String) COMMENT 'CloudEvents source',
    id String COMMENT '工单号 · the ticket number: CloudEvents id',
    sha256 String COMMENT 'of the original bytes',
    place LowCardinality(String),
    home LowCardinality(String),
    case_id String,
    occurred_at DateTime64(6, 'UTC'),
    recorded_at Nullable(DateTime64(6, 'UTC')),
    ingested_at DateTime64(6, 'UTC'),
    source LowCardinality(String) COMMENT '渠道 · the channel',
    street LowCardinality(Nullable(String)),
    area LowCardinality(Nullable(String)),
    grid LowCardinality(Nullable(String)),
    category LowCardinality(Nullable(String)),
    matter LowCardinality(Nullable(String)),
    text String CODEC(ZSTD(1)),
    why Array(String) CODEC(ZSTD(1)) COMMENT 'how it was located and classified',
    requester Nullable(String) COMMENT 'a keyed token, never a person',
    origin_topic LowCardinality(String) COMMENT 'where the input stood on its source topic',
    origin_partition UInt32,
    origin_offset UInt64,
    revision UInt64,
    topic LowCardinality(String) COMMENT 'the record that carried this row',
    partition UInt32,
    offset UInt64
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (place, sender, id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT '上报件 · accepted reports, by identity';
