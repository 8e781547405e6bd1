-- 所属层级 · in which areas of the tree a case or report lies: so figures are summed up on every level.
-- Of what was stored before, its own street and area are known, and stand for that.
ALTER TABLE case_spans
    ADD COLUMN IF NOT EXISTS lineage Array(Tuple(level LowCardinality(String), code LowCardinality(String)))
    DEFAULT arrayFilter(one -> one.2 != '', [
        ('', if(ifNull(area, '') = ifNull(street, ''), '', ifNull(area, ''))),
        ('street', ifNull(street, ''))
    ])
    COMMENT '所属层级 · grid and area, and all areas around, to the root' AFTER happened;

ALTER TABLE reports
    ADD COLUMN IF NOT EXISTS lineage Array(Tuple(level LowCardinality(String), code LowCardinality(String)))
    DEFAULT arrayFilter(one -> one.2 != '', [
        ('', if(ifNull(area, '') = ifNull(street, ''), '', ifNull(area, ''))),
        ('street', ifNull(street, ''))
    ])
    COMMENT '所属层级 · grid and area, and all areas around, to the root' AFTER matter;
