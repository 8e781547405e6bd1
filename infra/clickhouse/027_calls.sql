-- 呼入电话 · calls at the hotline's desk: offered, and answered or not. Of whom nobody says.
CREATE TABLE IF NOT EXISTS calls
(
    sender LowCardinality(String),
    id String,
    sha256 String,
    place LowCardinality(String),
    offered_at DateTime64(6, 'UTC') COMMENT '呼入时间 · when it was offered to the desk',
    answered_at Nullable(DateTime64(6, 'UTC')) COMMENT '接通时间 · first answered by a person; NULL: never',
    ended_at Nullable(DateTime64(6, 'UTC')),
    channel LowCardinality(Nullable(String)) COMMENT '线路 · the line of the hotline',
    street LowCardinality(Nullable(String)),
    area LowCardinality(Nullable(String)),
    lineage Array(Tuple(level LowCardinality(String), code LowCardinality(String)))
        COMMENT '所属层级 · the area, and all areas around, to the root; empty: no area is told',
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
COMMENT '呼入电话 · calls, by identity; read with FINAL';
