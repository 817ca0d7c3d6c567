"""Store Management: the pages in which a store (or, at the chain, its stores) is run.

Articles, receipt search, POSs and devices with enrolment codes, shop assistants, the error log, imports.
"""
