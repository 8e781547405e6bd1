"""gridloop 网格闭环: every report becomes part of a case; every case is followed to its end.

    entry   THE WAY IN     gateway, publish, import, simulate: what others write to Kafka
    flow    THE WAY THROUGH intake → tickets → casework: decode, one identity, fold into cases
    keep    THE MEMORY     sink: facts, cases, spans, steps into ClickHouse, in large blocks
    show    WHAT PEOPLE SEE figures asked of ClickHouse; the board, bulletins, restatements; verify
    core    WHAT IS DECIDED pure functions of state and input; the four above only carry them out

Where a hotline ticket goes next:

    gridloop.reports.hotline.v1 ─ flow/intake ─▶ gridloop.tickets.v1     decoded, tokenised, placed
    gridloop.tickets.v1         ─ flow/tickets ─▶ gridloop.intake.v1     one identity, one home
    gridloop.intake.v1          ─ flow/casework ─▶ gridloop.cases.v1     snapshot, spans, steps
                                              ├─▶ gridloop.facts.v1     what happened, append-only
                                              └─▶ dispatches, replies, alarms   to others
    both                        ─ keep/sink ─▶ ClickHouse ─ show/figures ─▶ closure rates
    whatever is refused, at any stage ─▶ gridloop.dead-letters.v1       reason, origin, bytes

Stages meet in topics and tables, never in calls. `core` imports no other part; entry, flow, keep
and show import core and wire (the connections), never one another; cli, worker and config join.
"""
