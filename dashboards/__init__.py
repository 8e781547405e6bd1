"""Grafana boards as code: each board a list of sections, each section a few panels.

    words     what boards say, in both languages; colours and levels
    sql       the registry's figures with Grafana's macros and variables in their holes
    pen       panels drawn in one language over one board's variables
    controls  variables, annotations and links that boards share
    alerts    rules that look at the same figures
    build     every board and rule as text, written and compared

One module a board: overview, timeliness, departments, grids, sources, matters, cases (the cases
behind a figure, and one case), pipeline, modules (what a place calls its own).
"""
