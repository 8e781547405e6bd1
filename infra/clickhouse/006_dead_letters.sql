-- 死信 · dead letters: refused input and why, without its bytes (these stand sealed on the topic).
-- `topic`, `partition` and `offset` are those of the refused input; the letter's own begin with
-- `letter_`, and lead to the sealed bytes.
CREATE TABLE IF NOT EXISTS dead_letters
(
    letter_id String,
    reason LowCardinality(String),
    detail String CODEC(ZSTD(1)),
    stage LowCardinality(String),
    topic LowCardinality(String),
    partition UInt32,
    offset UInt64,
    sender String COMMENT 'as claimed: an unread input may claim anything',
    input_id String,
    sha256 String,
    place String,
    refused_at DateTime64(6, 'UTC'),
    withdrawn Bool,
    letter_topic LowCardinality(String) COMMENT 'the record that carried this row',
    letter_partition UInt32,
    letter_offset UInt64,
    precedence UInt64 MATERIALIZED letter_offset + if(withdrawn, 9223372036854775808, 0)
        COMMENT 'a withdrawn listing stays withdrawn; else the later letter stands'
)
ENGINE = ReplacingMergeTree(precedence)
ORDER BY letter_id
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT '死信 · refused input; read with FINAL and NOT withdrawn';
