"""Reads of the journal, in the words of those who ask."""

from butik.lib.tenant import TenantQuerySet


class SaleQuerySet(TenantQuerySet):
    pass


class SeriesQuerySet(TenantQuerySet):
    pass


class QuarantineQuerySet(TenantQuerySet):
    pass
