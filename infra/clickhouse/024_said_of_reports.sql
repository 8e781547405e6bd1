-- What the machine made of a report, and what people said to that, with since when it is known; and
-- through which camera and algorithm it was found. What was written before says nothing of it.
ALTER TABLE reports
    ADD COLUMN IF NOT EXISTS camera Nullable(String) COMMENT '摄像头编号' AFTER reporter,
    ADD COLUMN IF NOT EXISTS algorithm LowCardinality(Nullable(String)) COMMENT '识别算法' AFTER camera,
    ADD COLUMN IF NOT EXISTS read_as LowCardinality(Nullable(String)) COMMENT '机器并案判断 · linked, proposed or apart; NULL: none' AFTER algorithm,
    ADD COLUMN IF NOT EXISTS regrouped_at Nullable(DateTime64(6, 'UTC')) COMMENT '人工改判时间 · split or merged by people against that' AFTER read_as,
    ADD COLUMN IF NOT EXISTS regrouped_known_from Nullable(DateTime64(6, 'UTC')) COMMENT '改判知悉时间' AFTER regrouped_at,
    ADD COLUMN IF NOT EXISTS judged_at Nullable(DateTime64(6, 'UTC')) COMMENT '人工核实时间 · a finding of a camera, by people' AFTER regrouped_known_from,
    ADD COLUMN IF NOT EXISTS judged_known_from Nullable(DateTime64(6, 'UTC')) COMMENT '核实知悉时间' AFTER judged_at,
    ADD COLUMN IF NOT EXISTS confirmed Bool DEFAULT false COMMENT '核实属实' AFTER judged_known_from;

ALTER TABLE reports MODIFY COLUMN confirmed REMOVE DEFAULT;

-- 事项改判 · whether a case is of another matter than the machine, or the sender, had said.
ALTER TABLE case_spans
    ADD COLUMN IF NOT EXISTS renamed Bool DEFAULT false COMMENT '事项改判' AFTER matter;

ALTER TABLE case_spans MODIFY COLUMN renamed REMOVE DEFAULT;

-- 巡查可见 · whether who walks or drives by can see such a matter, as the place's list of matters has it.
ALTER TABLE case_spans
    ADD COLUMN IF NOT EXISTS patrol_visible Nullable(Bool) COMMENT '巡查可见 · NULL: nobody says so' AFTER matter;
