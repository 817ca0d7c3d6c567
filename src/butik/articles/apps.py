from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.apps import AppConfig

if TYPE_CHECKING:
    from butik.audit_log.names import Subject


class ArticlesConfig(AppConfig):
    name = "butik.articles"
    label = "articles"

    def subjects(self) -> "Iterator[Subject]":
        """What the audit log says for the ids in this app's acts."""
        from butik.articles.models import ArticleImport
        from butik.audit_log.names import Subject

        yield Subject(ArticleImport)
