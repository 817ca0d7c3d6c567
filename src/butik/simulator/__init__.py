"""A chain to look at: the generated Danish catalogue, assistants who sell, a card terminal, and `butik demo`.
"""
