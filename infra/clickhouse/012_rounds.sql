-- 轮次的对象、场景、结果 · of whom or what a round was, and how it ended.
ALTER TABLE rounds
    ADD COLUMN IF NOT EXISTS subject LowCardinality(Nullable(String)) COMMENT '对象 · a camera, post, enterprise, token or step' AFTER grid,
    ADD COLUMN IF NOT EXISTS scene LowCardinality(Nullable(String)) AFTER subject,
    ADD COLUMN IF NOT EXISTS result LowCardinality(String) DEFAULT 'ok' COMMENT '结果 · ok, found, failed or offline' AFTER ended_at,
    ADD COLUMN IF NOT EXISTS means LowCardinality(Nullable(String)) COMMENT '方式 · on_site, online, phone or questionnaire' AFTER result,
    ADD COLUMN IF NOT EXISTS found Array(String) COMMENT '上报编号 · ids under which its sender reported what was found' AFTER means,
    ADD COLUMN IF NOT EXISTS matter LowCardinality(Nullable(String)) AFTER found,
    ADD COLUMN IF NOT EXISTS text Nullable(String) AFTER matter,
    DROP COLUMN IF EXISTS passed;
