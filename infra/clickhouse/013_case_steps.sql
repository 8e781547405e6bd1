-- 环节 · what was begun and ended in a case: whose it was, when it was due, how it ended. One row for
-- each step and window of knowledge; the as-of instant is compared with its own instants.
ALTER TABLE case_spans
    ADD COLUMN IF NOT EXISTS level LowCardinality(Nullable(String)) COMMENT '办理层级 · the level on which it stands, by name' AFTER outcome,
    ADD COLUMN IF NOT EXISTS satisfaction LowCardinality(Nullable(String)) COMMENT '最近一次满意度 · the last rating' AFTER level,
    ADD COLUMN IF NOT EXISTS happened Array(LowCardinality(String)) COMMENT '曾有 · what has ever happened to it' AFTER satisfaction;

CREATE TABLE IF NOT EXISTS case_steps
(
    case_id String,
    place LowCardinality(String),
    flow LowCardinality(String),
    kind LowCardinality(String),
    n UInt32 COMMENT 'its number among the steps of its kind',
    department LowCardinality(Nullable(String)) COMMENT 'whose step it was',
    at DateTime64(6, 'UTC') COMMENT 'begun',
    due Nullable(DateTime64(6, 'UTC')) COMMENT 'NULL without a limit',
    done Nullable(DateTime64(6, 'UTC')) COMMENT 'NULL while it runs',
    result LowCardinality(Nullable(String)) COMMENT 'how it ended',
    known_from DateTime64(6, 'UTC') COMMENT 'known while known_from < K <= known_to',
    known_to DateTime64(6, 'UTC'),
    revision UInt64,
    topic LowCardinality(String) COMMENT 'the record that carried this row',
    partition UInt32,
    offset UInt64
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (place, case_id, kind, n, known_from)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT '环节 · steps of cases, and since when they are known; read with FINAL';
