-- Of a step, since when its case is filed, void, excluded: figures of steps that ask nothing else of
-- the case then read no other table. Of steps kept before, as it is known now.

ALTER TABLE case_steps
    ADD COLUMN IF NOT EXISTS filed_at Nullable(DateTime64(6, 'UTC')) COMMENT '立案 · since when its case is filed' AFTER result,
    ADD COLUMN IF NOT EXISTS void_at Nullable(DateTime64(6, 'UTC')) COMMENT '作废 · since when its case is void; NULL: it is not' AFTER filed_at,
    ADD COLUMN IF NOT EXISTS excluded_at Nullable(DateTime64(6, 'UTC')) COMMENT '剔除 · since when its case is excluded; NULL: it is not' AFTER void_at;

DROP TABLE IF EXISTS case_steps_counted;

CREATE TABLE case_steps_counted AS case_steps;

INSERT INTO case_steps_counted
SELECT kept.* REPLACE (known.filed_at AS filed_at, known.void_at AS void_at, known.excluded_at AS excluded_at)
FROM case_steps AS kept
LEFT JOIN (
    SELECT
        case_id,
        minOrNullIf(greatest(assumeNotNull(case_spans.filed_at), from_at), case_spans.filed_at IS NOT NULL) AS filed_at,
        minOrNullIf(from_at, void) AS void_at,
        minOrNullIf(from_at, excluded) AS excluded_at
    FROM case_spans FINAL WHERE known_to >= toDateTime64('2299-12-31 00:00:00', 6, 'UTC') GROUP BY case_id
) AS known ON known.case_id = kept.case_id
SETTINGS max_partitions_per_insert_block = 0;

EXCHANGE TABLES case_steps AND case_steps_counted;

DROP TABLE case_steps_counted;
