-- 平急 · by which rule set a case is judged: so both are told apart in every figure of cases.
ALTER TABLE case_spans
    ADD COLUMN IF NOT EXISTS mode LowCardinality(String) DEFAULT 'normal' COMMENT '平急 · the mode of its area as it was filed, or last reopened' AFTER satisfaction;
