-- What stands by month is read by month: a part of a month that is over is whole, so that FINAL has
-- nothing to merge there, and a figure over some days leaves the other months unread. All versions
-- of a row must lie in one month: its partition is by what never changes under a key (docs/adr/0007).

ALTER TABLE case_spans
    ADD COLUMN IF NOT EXISTS reported_at DateTime64(6, 'UTC') COMMENT '首次上报 · occurred_at of its seed report' AFTER flow;

ALTER TABLE case_steps
    ADD COLUMN IF NOT EXISTS reported_at DateTime64(6, 'UTC') COMMENT '首次上报 · of its case' AFTER flow;

DROP TABLE IF EXISTS case_spans_by_month;

CREATE TABLE case_spans_by_month AS case_spans
ENGINE = ReplacingMergeTree(revision)
PARTITION BY toYYYYMM(reported_at)
ORDER BY (place, case_id, from_at, known_from)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_age_to_force_merge_seconds = 120, min_age_to_force_merge_on_partition_only = 1
COMMENT '案件时段 · what was true of a case, and since when it is known; read with FINAL';

ALTER TABLE case_spans_by_month
    ADD INDEX IF NOT EXISTS filed filed_at TYPE minmax GRANULARITY 1;

INSERT INTO case_spans_by_month
SELECT kept.* REPLACE (seed.occurred_at AS reported_at)
FROM case_spans AS kept
LEFT JOIN (SELECT case_id, min(occurred_at) AS occurred_at FROM facts WHERE kind = 'report_accepted' GROUP BY case_id) AS seed ON seed.case_id = kept.case_id
SETTINGS max_partitions_per_insert_block = 0;

EXCHANGE TABLES case_spans AND case_spans_by_month;

DROP TABLE case_spans_by_month;

DROP TABLE IF EXISTS case_steps_by_month;

CREATE TABLE case_steps_by_month AS case_steps
ENGINE = ReplacingMergeTree(revision)
PARTITION BY toYYYYMM(reported_at)
ORDER BY (place, case_id, kind, n, known_from)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_age_to_force_merge_seconds = 120, min_age_to_force_merge_on_partition_only = 1
COMMENT '环节 · steps of cases, and since when they are known; read with FINAL';

ALTER TABLE case_steps_by_month
    ADD INDEX IF NOT EXISTS begun at TYPE minmax GRANULARITY 1;

INSERT INTO case_steps_by_month
SELECT kept.* REPLACE (seed.occurred_at AS reported_at)
FROM case_steps AS kept
LEFT JOIN (SELECT case_id, min(occurred_at) AS occurred_at FROM facts WHERE kind = 'report_accepted' GROUP BY case_id) AS seed ON seed.case_id = kept.case_id
SETTINGS max_partitions_per_insert_block = 0;

EXCHANGE TABLES case_steps AND case_steps_by_month;

DROP TABLE case_steps_by_month;

DROP TABLE IF EXISTS reports_by_month;

CREATE TABLE reports_by_month AS reports
ENGINE = ReplacingMergeTree(revision)
PARTITION BY toYYYYMM(occurred_at)
ORDER BY (place, sender, id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_age_to_force_merge_seconds = 120, min_age_to_force_merge_on_partition_only = 1
COMMENT '上报件 · accepted reports, by identity';

INSERT INTO reports_by_month SELECT * FROM reports
SETTINGS max_partitions_per_insert_block = 0;

EXCHANGE TABLES reports AND reports_by_month;

DROP TABLE reports_by_month;
