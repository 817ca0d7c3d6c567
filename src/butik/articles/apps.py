from django.apps import AppConfig


class ArticlesConfig(AppConfig):
    name = "butik.articles"
    label = "articles"
