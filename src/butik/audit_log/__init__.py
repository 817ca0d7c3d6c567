"""The page of the audit log: who did what, when, in words. Every service has it, the emergency cloud too.

Public: `acts` (the words; an act without words fails a test). The lines themselves are `audit`'s, which lies below.
Never: show a line to a person whose level does not reach it.
"""
