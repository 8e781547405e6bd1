-- 来由 · who reported, by which port, of which kind, and in what kind of grid and area: told at the
-- door and kept for good. What was written before says nothing of it.
ALTER TABLE reports
    ADD COLUMN IF NOT EXISTS reporter_kind LowCardinality(Nullable(String)) COMMENT '上报人类型 · a kind of staff, or public' AFTER source,
    ADD COLUMN IF NOT EXISTS channel LowCardinality(Nullable(String)) COMMENT '上报端口 · the port, or the line of a hotline' AFTER reporter_kind,
    ADD COLUMN IF NOT EXISTS citizen_kind LowCardinality(Nullable(String)) COMMENT '市民上报类别 · livelihood_request, opinion or hazard' AFTER channel,
    ADD COLUMN IF NOT EXISTS grid_kind LowCardinality(Nullable(String)) COMMENT '网格类型 · as the area tree has it' AFTER grid,
    ADD COLUMN IF NOT EXISTS area_kind LowCardinality(Nullable(String)) COMMENT '片区类型 · as the area tree has it' AFTER area;

ALTER TABLE cases
    ADD COLUMN IF NOT EXISTS reporter_kind LowCardinality(Nullable(String)) COMMENT '上报人类型 · a kind of staff, or public' AFTER source,
    ADD COLUMN IF NOT EXISTS channel LowCardinality(Nullable(String)) COMMENT '上报端口 · the port, or the line of a hotline' AFTER reporter_kind,
    ADD COLUMN IF NOT EXISTS citizen_kind LowCardinality(Nullable(String)) COMMENT '市民上报类别 · livelihood_request, opinion or hazard' AFTER channel,
    ADD COLUMN IF NOT EXISTS grid_kind LowCardinality(Nullable(String)) COMMENT '网格类型 · as the area tree has it' AFTER grid,
    ADD COLUMN IF NOT EXISTS area_kind LowCardinality(Nullable(String)) COMMENT '片区类型 · as the area tree has it' AFTER area;

ALTER TABLE case_spans
    ADD COLUMN IF NOT EXISTS reporter_kind LowCardinality(Nullable(String)) COMMENT '上报人类型 · a kind of staff, or public' AFTER source,
    ADD COLUMN IF NOT EXISTS channel LowCardinality(Nullable(String)) COMMENT '上报端口 · the port, or the line of a hotline' AFTER reporter_kind,
    ADD COLUMN IF NOT EXISTS citizen_kind LowCardinality(Nullable(String)) COMMENT '市民上报类别 · livelihood_request, opinion or hazard' AFTER channel,
    ADD COLUMN IF NOT EXISTS grid_kind LowCardinality(Nullable(String)) COMMENT '网格类型 · as the area tree has it' AFTER grid,
    ADD COLUMN IF NOT EXISTS area_kind LowCardinality(Nullable(String)) COMMENT '片区类型 · as the area tree has it' AFTER area;

-- 读数 · what sensors of things read: kept among the rounds that nobody asks for.
ALTER TABLE rounds
    ADD COLUMN IF NOT EXISTS reading Nullable(Float64) COMMENT '读数 · what a sensor read' AFTER text,
    ADD COLUMN IF NOT EXISTS unit LowCardinality(Nullable(String)) COMMENT '单位' AFTER reading;
