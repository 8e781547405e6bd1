-- 事实 · facts: the append-only ledger. A disproved fact comes again, withdrawn.
CREATE TABLE IF NOT EXISTS facts
(
    fact_id String,
    case_id String,
    place LowCardinality(String),
    home LowCardinality(String),
    kind LowCardinality(String),
    occurred_at DateTime64(6, 'UTC'),
    ingested_at DateTime64(6, 'UTC'),
    revision UInt64,
    withdrawn Bool,
    department LowCardinality(Nullable(String)),
    actor Nullable(String),
    sender LowCardinality(String) COMMENT 'the input that caused it',
    input_id String,
    detail String CODEC(ZSTD(1)) COMMENT 'JSON',
    topic LowCardinality(String) COMMENT 'the record that carried this row',
    partition UInt32,
    offset UInt64
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (place, case_id, fact_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT '事实台账 · what happened to cases; read with FINAL and NOT withdrawn';
