-- 参照数据 · reference documents: every version of org tree, responsibility list, limits, calendar.
CREATE TABLE IF NOT EXISTS reference_documents
(
    sender LowCardinality(String),
    id String,
    sha256 String,
    place LowCardinality(String),
    kind LowCardinality(String),
    version String,
    valid_from DateTime64(6, 'UTC'),
    body String CODEC(ZSTD(3)) COMMENT 'JSON',
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
ORDER BY (place, kind, sender, id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT '参照数据 · reference documents, every version; read with FINAL';
