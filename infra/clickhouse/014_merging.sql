-- 并案 · the case to which a report belongs that opened none of its own: such a row is no case.
ALTER TABLE cases
    ADD COLUMN IF NOT EXISTS merged_into Nullable(String) COMMENT '并入案件 · the case into which it was merged; NULL for a case of its own' AFTER report_count;
