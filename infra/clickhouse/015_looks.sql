-- 恢复 · looks: what cameras told that finds nothing any more. No report, so counted here only.
CREATE TABLE IF NOT EXISTS looks
(
    sender LowCardinality(String),
    id String,
    sha256 String,
    place LowCardinality(String),
    home LowCardinality(String),
    occurred_at DateTime64(6, 'UTC'),
    recorded_at Nullable(DateTime64(6, 'UTC')),
    camera Nullable(String) COMMENT '摄像头编号 · camera code',
    camera_class Nullable(UInt8) COMMENT '摄像头类别 · 1, 2 or 3',
    algorithm LowCardinality(Nullable(String)) COMMENT '识别算法 · algorithm',
    street LowCardinality(Nullable(String)),
    area LowCardinality(Nullable(String)),
    grid LowCardinality(Nullable(String)),
    category LowCardinality(Nullable(String)),
    matter LowCardinality(Nullable(String)),
    text String CODEC(ZSTD(1)),
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
COMMENT '恢复 · clear looks of cameras, by identity; read with FINAL';
