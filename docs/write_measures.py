"""Write docs/measures.md: every kind of measure (`make docs`)."""

from __future__ import annotations

from pathlib import Path

from travesia.measure_arrays import DRAW_AIM, DROP_AIM, KEEP_AIM
from travesia.measure_table import KINDS
from travesia.scenario import FINAL_OUTCOMES
from travesia.schema import table

PAGE = Path(__file__).with_name("measures.md")
HEAD = """# Reference: measures

Written by `make docs` from the code; do not edit.

A measure is a row of `measures.csv`: at this place or leg, from this date to that, people of these groups, with this
share or up to this many a day, are sent to that target. A kind is a name for what is usual; a row may say otherwise in
`when` and `target`. The columns stand in the [reference of tables](reference-tables.md); what happens when measures
meet, in [the model](model.md#measures).
"""
AIMS = {KEEP_AIM: "kept", DROP_AIM: "lost, until a `retry`", DRAW_AIM: "drawn anew"}
MEANING = {
    "close": "Bars entry to the legs it names; people on them finish.",
    "corridor": "The opposite: its legs are open only between its dates.",
    "capacity": "Another capacity of a place.",
    "share_information": "Multiplies the shares of other measures, as an agreement between states does.",
    "camp_closed": "The camp is an ordinary town between the dates (rule `flee`).",
    "becomes": "From its first day the place is of another kind (rule `flee`).",
    "redirect": "Who leaves the start of the leg takes it (rule `flee`).",
    "block": "Holds people where they are, or turns them back (`target: back`).",
    "detain": "Brings them to a place of detention, which nobody leaves but by a measure.",
    "transfer": "Brings those at a place to another.",
    "release": "Lets those held go, to a place.",
    "return": "Returns or deports them to a place.",
    "retry": "People set off again after a return; counts the attempt.",
    "disperse": "A caravan becomes small groups.",
    "separate": "A family becomes an adult alone and children alone; nobody is lost.",
    "reunite": "Adults and children become a family again.",
    "admit": "Asylum, a visa, free passage: a final outcome.",
    "shelter": "A bed for the night, if there is one; who finds none is counted as refused.",
    "treat": "Health care, up to so many a day.",
    "harm": "People die, or are injured (`target: stay`); `cause` says of what.",
}


def page() -> str:
    """The text of the page."""
    kinds = next(column for column in table("measures").columns if column.name == "kind").enum
    acting = [
        f"| `{kind}` | {MEANING[kind]} | {KINDS[kind].when} | {target(kind)} | {afterwards(kind)} |"
        for kind in kinds
        if kind in KINDS
    ]
    dated = [f"| `{kind}` | {MEANING[kind]} |" for kind in kinds if kind not in KINDS]
    return "\n".join(
        [
            HEAD,
            "## Kinds that act on people\n",
            "| kind | what it does | usually when | usual target | destination afterwards |",
            "|---|---|---|---|---|",
            *acting,
            "\n## Dated changes of places, legs and other measures\n",
            "| kind | what it does |",
            "|---|---|",
            *dated,
            "",
        ]
    )


def target(kind: str) -> str:
    """The usual target in words."""
    given = KINDS[kind].target
    return f"`{given}`" if given else "must be named"


def afterwards(kind: str) -> str:
    """What becomes of people's destination."""
    return "–" if KINDS[kind].target in FINAL_OUTCOMES else AIMS[KINDS[kind].aim]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
