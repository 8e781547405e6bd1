-- 时钟 · clocks: the latest tick of each place, which is what "now" means there.
CREATE TABLE IF NOT EXISTS clocks
(
    place LowCardinality(String),
    at DateTime64(6, 'UTC'),
    ingested_at DateTime64(6, 'UTC'),
    topic LowCardinality(String) COMMENT 'the record that carried this row',
    partition UInt32,
    offset UInt64
)
ENGINE = ReplacingMergeTree(at)
ORDER BY place
COMMENT '时钟 · the latest tick of each place; read with FINAL';
