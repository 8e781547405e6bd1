-- 案件 · cases: the case as it stands; and its spans: what was true when, as known when.
CREATE TABLE IF NOT EXISTS cases
(
    case_id String,
    place LowCardinality(String),
    home LowCardinality(String),
    lifecycle LowCardinality(String),
    state LowCardinality(String),
    step LowCardinality(String),
    outcome LowCardinality(Nullable(String)),
    filed_at Nullable(DateTime64(6, 'UTC')),
    handled_at Nullable(DateTime64(6, 'UTC')),
    closed_at Nullable(DateTime64(6, 'UTC')),
    void Bool,
    excluded Bool,
    deadline Nullable(DateTime64(6, 'UTC')),
    deadline_kind LowCardinality(String) COMMENT 'fixed, none or unknown',
    department LowCardinality(Nullable(String)) COMMENT '牵头部门 · the lead department',
    assisting Array(String) COMMENT '协办部门',
    source LowCardinality(String),
    street LowCardinality(Nullable(String)),
    area LowCardinality(Nullable(String)),
    grid LowCardinality(Nullable(String)),
    category LowCardinality(Nullable(String)),
    matter LowCardinality(Nullable(String)),
    text String CODEC(ZSTD(1)),
    satisfaction LowCardinality(Nullable(String)),
    report_count UInt64,
    marks Array(String),
    routing Array(String) CODEC(ZSTD(1)) COMMENT 'the routing trace',
    clock String CODEC(ZSTD(1)) COMMENT 'JSON: the derivation of the deadline',
    ingested_at DateTime64(6, 'UTC'),
    revision UInt64,
    topic LowCardinality(String) COMMENT 'the record that carried this row',
    partition UInt32,
    offset UInt64
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (place, case_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT '案件 · cases as they stand; read with FINAL';

-- One row of a case holds for any pair of as-of and known-at instants; a row that is superseded
-- comes again with its end of knowledge, so every question reads FINAL.
CREATE TABLE IF NOT EXISTS case_spans
(
    case_id String,
    place LowCardinality(String),
    from_at DateTime64(6, 'UTC') COMMENT 'true while from_at < A <= to_at',
    to_at DateTime64(6, 'UTC'),
    known_from DateTime64(6, 'UTC') COMMENT 'known while known_from < K <= known_to',
    known_to DateTime64(6, 'UTC'),
    state LowCardinality(String),
    step LowCardinality(String),
    filed_at Nullable(DateTime64(6, 'UTC')),
    handled_at Nullable(DateTime64(6, 'UTC')),
    closed_at Nullable(DateTime64(6, 'UTC')),
    void Bool,
    excluded Bool,
    deadline Nullable(DateTime64(6, 'UTC')),
    deadline_kind LowCardinality(String),
    department LowCardinality(Nullable(String)),
    source LowCardinality(String),
    street LowCardinality(Nullable(String)),
    area LowCardinality(Nullable(String)),
    grid LowCardinality(Nullable(String)),
    category LowCardinality(Nullable(String)),
    matter LowCardinality(Nullable(String)),
    revision UInt64,
    topic LowCardinality(String) COMMENT 'the record that carried this row',
    partition UInt32,
    offset UInt64
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (place, case_id, from_at, known_from)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT '案件时段 · what was true of a case, and since when it is known; read with FINAL';
