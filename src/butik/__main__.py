"""`python -m butik` is `butik`: for whoever knows the interpreter and not where its scripts are."""

from butik.cli import main

main()
