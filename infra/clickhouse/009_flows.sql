-- 流与结果 · which flow a case and its reports belong to, and what was decided: figures of one flow
-- never hold a case of another. What was written before is of the flow of cases.
ALTER TABLE reports
    ADD COLUMN IF NOT EXISTS flow LowCardinality(String) DEFAULT 'case' COMMENT '流 · case, opinion, consultation or risk' AFTER place;

ALTER TABLE cases
    ADD COLUMN IF NOT EXISTS flow LowCardinality(String) DEFAULT 'case' COMMENT '流 · case, opinion, consultation or risk' AFTER home;

ALTER TABLE case_spans
    ADD COLUMN IF NOT EXISTS flow LowCardinality(String) DEFAULT 'case' COMMENT '流 · case, opinion, consultation or risk' AFTER place,
    ADD COLUMN IF NOT EXISTS outcome LowCardinality(Nullable(String)) COMMENT '结果 · adopted, declined, voted or implemented; NULL while undecided' AFTER matter;
