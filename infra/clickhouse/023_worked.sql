-- Of a step, how long it took in working time: computed where the case is told, since no calendar is
-- known here. And since when its case is rejected: what it was to be verified for counts all the same.
-- Of what was kept before nobody says how long it took; and no step of such a case was timed.
ALTER TABLE case_steps
    ADD COLUMN IF NOT EXISTS worked Nullable(UInt64) COMMENT '工作时长 · microseconds of working time, pauses left out; NULL where it is not told' AFTER result,
    ADD COLUMN IF NOT EXISTS rejected_at Nullable(DateTime64(6, 'UTC')) COMMENT '不予受理 · since when its case is rejected; NULL: it is not' AFTER worked;
