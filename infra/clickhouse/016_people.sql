-- 积分 · what an award gives, and who of the staff made a report: the ledger of points asks both.
ALTER TABLE rounds
    ADD COLUMN IF NOT EXISTS account LowCardinality(Nullable(String)) COMMENT '积分账户 · the account of an award' AFTER text,
    ADD COLUMN IF NOT EXISTS points Nullable(Int32) COMMENT '积分 · points given, below 0 taken; NULL where it is no award' AFTER account;

ALTER TABLE reports
    ADD COLUMN IF NOT EXISTS reporter LowCardinality(Nullable(String)) COMMENT '上报人 · a code, never a name; NULL where nobody of the staff reported it' AFTER requester;
