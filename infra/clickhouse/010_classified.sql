-- 分类由谁作出 · what said a report's matter: the sender, the place's words, its model, or nobody.
ALTER TABLE reports
    ADD COLUMN IF NOT EXISTS classified_by LowCardinality(Nullable(String)) COMMENT '事项由谁判定 · sender, terms or model; NULL: nobody' AFTER matter;
