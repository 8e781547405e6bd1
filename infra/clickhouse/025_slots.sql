-- 应巡 · slots: what a place's schedules ask for, and what was known of each to have been done. They
-- come from documents and are no record of the log: the sink's process makes them from what is stored
-- here, and may make them all anew. One row for each slot and window of knowledge.
CREATE TABLE IF NOT EXISTS slots
(
    place LowCardinality(String),
    schedule LowCardinality(String),
    kind LowCardinality(String),
    subject String COMMENT '对象 · of whom or what',
    scene LowCardinality(String) COMMENT 'empty where scenes are not looked at by themselves',
    street LowCardinality(Nullable(String)),
    area LowCardinality(Nullable(String)),
    lineage Array(Tuple(level LowCardinality(String), code LowCardinality(String))) COMMENT '所属层级 · by the tree as it begins',
    mode LowCardinality(String) COMMENT '平急 · of its area as it begins',
    begun_at DateTime64(6, 'UTC'),
    over_at DateTime64(6, 'UTC') COMMENT 'judged from here on',
    of_camera Bool COMMENT 'a video schedule whose subjects are cameras',
    asked UInt32 COMMENT '应巡次数',
    visits UInt32 COMMENT '实巡次数 · counted no further than what is asked',
    planned_us UInt64 COMMENT 'microseconds from its beginning to its end',
    uncovered_us UInt64 COMMENT 'microseconds in which a duty stood empty',
    known_from DateTime64(6, 'UTC') COMMENT 'known while known_from < K <= known_to',
    known_to DateTime64(6, 'UTC'),
    gone Bool COMMENT 'the documents no longer ask for it, or not so',
    revision UInt64
)
ENGINE = ReplacingMergeTree(revision)
PARTITION BY toYYYYMM(begun_at)
ORDER BY (place, begun_at, schedule, subject, scene, known_from)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_age_to_force_merge_seconds = 120, min_age_to_force_merge_on_partition_only = 1
COMMENT '应巡 · slots, and since when what was done is known; read with FINAL';

CREATE TABLE IF NOT EXISTS slots_kept
(
    place LowCardinality(String),
    since DateTime64(6, 'UTC') COMMENT 'slots that begin from here on are kept',
    until DateTime64(6, 'UTC') COMMENT 'up to here, by these rules',
    ingested_until DateTime64(6, 'UTC') COMMENT 'the rounds that came in until then are in them',
    rules String COMMENT 'digest of the documents by which they were made',
    revision UInt64
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY place
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT '应巡进度 · how far the slots of each place are made; read with FINAL';
