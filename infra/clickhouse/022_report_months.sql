-- Of a report, when its case was first reported: whoever asks reports and their cases then knows
-- which months of cases to read, without reading all of them to find out (docs/adr/0007).

ALTER TABLE reports
    ADD COLUMN IF NOT EXISTS reported_at DateTime64(6, 'UTC') DEFAULT occurred_at COMMENT '首次上报 · of its case' AFTER case_id;

DROP TABLE IF EXISTS reports_with_months;

CREATE TABLE reports_with_months AS reports;

INSERT INTO reports_with_months
SELECT kept.* REPLACE (if(known.case_id = '', kept.occurred_at, known.reported_at) AS reported_at)
FROM reports AS kept
LEFT JOIN (SELECT case_id, any(reported_at) AS reported_at FROM case_spans GROUP BY case_id) AS known ON known.case_id = kept.case_id
SETTINGS max_partitions_per_insert_block = 0;

EXCHANGE TABLES reports AND reports_with_months;

DROP TABLE reports_with_months;

ALTER TABLE reports MODIFY COLUMN reported_at REMOVE DEFAULT;
