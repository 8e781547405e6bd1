"""What a case's clocks, lights, outcomes, facts and refusals are called in Chinese."""

CLOCKS = {
    "overall": "总时限",
    "sign": "签收时限",
    "handle": "处置时限",
    "check": "核查时限",
    "arrive": "报到时限",
    "contact": "首次联系时限",
}
LIGHTS = {
    "green": "绿灯 green",
    "amber": "黄灯 amber",
    "red": "红灯 red",
    "paused": "挂账中 paused",
    "stopped": "已停 stopped",
    "unknown": "缺日历 no calendar",
}
OUTCOMES = {
    "adopted": "已采纳",
    "declined": "未采纳",
    "voted": "交付表决",
    "implemented": "直接实施",
}
DETAILS = {
    "outcome": "结果",
    "area": "属地稳控",
    "cadres": "包保县干",
    "task_force": "工作专班",
    "plan": "化解方案",
    "ledger": "工作台账",
    "accountability": "问责办法",
}
"""What a decision and a guarding say."""

FACTS = {
    "report_accepted": "受理上报",
    "report_verified": "核实",
    "report_rejected": "不予受理",
    "case_filed": "立案",
    "case_voided": "作废",
    "case_dispatched": "派遣",
    "dispatch_signed": "签收",
    "return_requested": "申请退单",
    "return_refused": "退单未准",
    "dispatch_returned": "退单",
    "level_raised": "提级办理",
    "level_lowered": "交下级办理",
    "whistle_blown": "吹哨",
    "department_arrived": "报到",
    "task_finished": "子任务办结",
    "requester_contacted": "联系诉求人",
    "deadline_set": "起算时限",
    "deadline_breached": "超时",
    "extension_requested": "申请延期",
    "extension_decided": "延期审批",
    "pause_requested": "申请挂账",
    "pause_decided": "挂账审批",
    "pause_ended": "解挂",
    "case_supervised": "督办",
    "risk_guarded": "包保",
    "consultation_held": "议事协商",
    "outcome_decided": "决定",
    "mediation_held": "调解",
    "case_handled": "处置完毕",
    "case_checked": "核查",
    "rework_ordered": "返工",
    "callback_made": "回访",
    "case_evaluated": "评价",
    "case_closed": "结案",
    "case_reopened": "重开",
    "dispute_filed": "申诉",
    "dispute_decided": "申诉裁定",
    "case_excluded": "剔除",
    "row_imported": "导入",
    "act_refused": "动作不成立",
    "calendar_missing": "缺工作日历",
}
"""By kind of fact; every kind has one."""

REASONS = {
    "impossible_move": "此时不能这样办理",
    "before_report": "早于上报",
    "not_admitted": "不在准入清单上",
    "reporter_may_not_handle": "采办分离：上报人不得处置",
    "tasks_open": "吹哨的部门尚未办结",
    "already_void": "已经作废",
    "already_excluded": "已经剔除",
    "no_higher_level": "没有更高层级",
    "not_one_level_down": "不是下一级",
    "not_on_the_whistle_list": "不在吹哨清单上",
    "not_convened": "没有吹过哨",
    "already_arrived": "已经报到",
    "not_arrived": "尚未报到",
    "already_finished": "已经办结",
    "not_paused": "没有挂账",
    "guard_incomplete": "“五个一”或双责不齐",
}
"""By the reason's name, before any colon."""
