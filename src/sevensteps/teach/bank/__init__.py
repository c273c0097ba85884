"""The question bank of a prompt: one YAML file behind pages, notes, drill and cards.

`book/bank/<slug>.yml` holds questions, follow-ups, changes of constraint, wrong turns,
a rubric and recall prompts. `load_bank` checks it and hands its parts to a chapter;
`python -m sevensteps.authoring.bank_page` writes the page beside it.
"""

from sevensteps.teach.bank.schema import STEPS, Bank, BankError, Step, load_bank

__all__ = ["STEPS", "Bank", "BankError", "Step", "load_bank"]
