-- 时限与子任务 · a case's clocks, the tasks of a whistle, and the level that leads it.
ALTER TABLE cases
    DROP COLUMN IF EXISTS clock,
    ADD COLUMN IF NOT EXISTS clocks String DEFAULT '[]' CODEC(ZSTD(1)) COMMENT 'JSON: every clock, with what it was derived from' AFTER routing,
    ADD COLUMN IF NOT EXISTS tasks String DEFAULT '[]' CODEC(ZSTD(1)) COMMENT 'JSON: departments that a whistle convened' AFTER clocks,
    ADD COLUMN IF NOT EXISTS level LowCardinality(Nullable(String)) COMMENT '提级 · the area whose level leads it' AFTER tasks;
