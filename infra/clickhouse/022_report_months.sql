-- Of a report, when its case was first reported: whoever asks reports and their cases then knows
-- which months of cases to read, without reading all of them to find out (docs/adr/0007). And whether
-- it opened that case: the first report did, in the order of time, sender and id.

ALTER TABLE reports
    ADD COLUMN IF NOT EXISTS reported_at DateTime64(6, 'UTC') DEFAULT occurred_at COMMENT '首次上报 · of its case' AFTER case_id;

ALTER TABLE reports
    ADD COLUMN IF NOT EXISTS opened Bool DEFAULT true COMMENT '首报 · opened its case; false: part of one that an earlier report opened' AFTER reported_at;

DROP TABLE IF EXISTS reports_with_months;

CREATE TABLE reports_with_months AS reports;

INSERT INTO reports_with_months
SELECT kept.* REPLACE (known.reported_at AS reported_at, (kept.sender, kept.id) = known.opener AS opened)
FROM reports AS kept
LEFT JOIN (
    SELECT case_id, min(occurred_at) AS reported_at, argMin((sender, id), (occurred_at, sender, id)) AS opener
    FROM reports FINAL GROUP BY case_id
) AS known ON known.case_id = kept.case_id
SETTINGS max_partitions_per_insert_block = 0;

EXCHANGE TABLES reports AND reports_with_months;

DROP TABLE reports_with_months;

ALTER TABLE reports MODIFY COLUMN reported_at REMOVE DEFAULT;

ALTER TABLE reports MODIFY COLUMN opened REMOVE DEFAULT;
