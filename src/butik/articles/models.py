"""Articles, their barcodes, their versions, and imports."""

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from butik.articles.rows import fold
from butik.articles.words import Said
from butik.lib.barcodes import normalise_code
from butik.lib.tenant import TenantModel, TenantQuerySet
from butik.organisation.models import Chain

# No step of an import takes longer: reading tells its progress every second, writing 75,000 articles takes a few.
ABANDONED_AFTER = timedelta(minutes=2)
HIGHEST = "\U0010ffff"  # sorts behind every text


class Unit(models.TextChoices):
    PCS = "PCS", _("pcs")
    KG = "KG", _("kg")
    G = "G", _("g")
    L = "L", _("l")
    ML = "ML", _("ml")
    M = "M", _("m")


class ChainRow(TenantModel):
    """A row that belongs to a chain. All indexes of it begin with organisation and chain; none is of one of them alone.

    Such an index tells nothing apart, costs a write a row, and is what PostgreSQL chooses before it has figures.
    """

    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        abstract = True


class ArticleGroup(ChainRow):
    """Groups articles for statistics and, later, discounts and limits."""

    number = models.PositiveIntegerField()
    name = models.CharField(max_length=60)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "chain", "number"], name="group_once"),
            # files name groups by their names
            models.UniqueConstraint(fields=["organisation", "chain", "name"], name="group_name_once"),
        ]

    def __str__(self) -> str:
        return self.name


class ArticleQuerySet(TenantQuerySet):
    def live(self) -> Self:
        return self.filter(is_deleted=False)

    def beginning_with(self, text: str) -> Self:
        """A range on a C-collated column: under row-level security a LIKE would not use its index (truth 1)."""
        folded = fold(" ".join(text.split()))
        return self.filter(search_text__gte=folded, search_text__lt=folded + HIGHEST)

    def numbered(self, digits: str) -> Self:
        """Articles whose number begins with these digits."""
        # digits sort alike in every collation; `startswith` then takes out what a collation would let through
        following = digits[:-1] + chr(ord(digits[-1]) + 1)
        return self.filter(number__gte=digits, number__lt=following, number__startswith=digits)

    def with_code(self, chain: Chain, code: str) -> "Article | None":
        """The article with that very barcode, in two steps: as one question it would read the whole chain."""
        barcode = Barcode.objects.filter(
            organisation_id=chain.organisation_id, chain=chain, code=normalise_code(code)
        ).first()
        found: Article | None = self.filter(pk=barcode.article_id).first() if barcode else None
        return found

    def after(self, search_text: str, number: str) -> Self:
        """What follows an article in the order of texts: the next page, however far down the list it is."""
        beyond = models.Q(search_text__gt=search_text) | models.Q(number__gt=number)
        return self.filter(beyond, search_text__gte=search_text)


class Article(ChainRow):
    """A thing sold, as it is now. Written only by `import_rows.py`, which keeps the versions."""

    number = models.CharField(max_length=20)
    receipt_text = models.CharField(max_length=30)
    name = models.CharField(max_length=200, blank=True)
    search_text = models.CharField(max_length=230)  # the long name, folded; prefix search is a range on it
    group = models.ForeignKey(
        ArticleGroup, on_delete=models.PROTECT, related_name="articles", null=True, db_index=False
    )
    unit = models.CharField(max_length=3, choices=Unit, default=Unit.PCS)
    price = models.BigIntegerField()
    vat_rate = models.PositiveIntegerField()
    age_limit = models.PositiveSmallIntegerField(null=True)
    linked_number = models.CharField(max_length=20, blank=True)
    is_blocked = models.BooleanField(default=False)
    is_deleted = models.BooleanField(default=False)
    version = models.BigIntegerField()  # feed position at which it became what it is

    objects = ArticleQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "chain", "number"], name="article_once")]
        # the two orders in which the list of articles is read, page by page
        indexes = [
            models.Index(fields=["organisation", "chain", "search_text", "number"], name="article_search"),
            models.Index(fields=["organisation", "chain", "group", "search_text", "number"], name="article_in_group"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.receipt_text}"

    @property
    def shown_name(self) -> str:
        return self.name or self.receipt_text


class Barcode(ChainRow):
    """A code of an article with the quantity it stands for."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="barcodes")
    code = models.CharField(max_length=20)  # without leading zeros when numeric
    quantity_milli = models.BigIntegerField(default=1000)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "chain", "code"], name="barcode_once")]

    def __str__(self) -> str:
        return self.code


class ArticleVersion(ChainRow):
    """What an article cost and was at a version: kept for ever, so that every sale can be priced again."""

    number = models.CharField(max_length=20)
    version = models.BigIntegerField()
    receipt_text = models.CharField(max_length=30)
    unit = models.CharField(max_length=3, choices=Unit)
    price = models.BigIntegerField()
    vat_rate = models.PositiveIntegerField()
    is_blocked = models.BooleanField(default=False)
    is_deleted = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "chain", "number", "version"], name="article_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.number} ({self.version})"


class ArticleImportQuerySet(TenantQuerySet):
    def newest_first(self) -> Self:
        return self.order_by("-created_at", "-id")

    def waiting(self) -> Self:
        return self.filter(state=ArticleImport.State.WAITING)

    def abandoned(self, now: datetime) -> Self:
        """Running, but nobody has heard of the worker for longer than any step of an import takes."""
        return self.filter(state=ArticleImport.State.RUNNING, heartbeat_at__lt=now - ABANDONED_AFTER)


class ArticleImport(ChainRow):
    """One run of a file: tried (dry run), asked about, held for a person, applied or failed; with its counts.

    `rows` = added + changed + unchanged + refused + joined (to an earlier row of the same article); articles that go
    because the file lacks them are counted apart (in a file of changes a row that deletes is a row like the others).
    """

    class State(models.TextChoices):
        WAITING = "WAITING", _("Waiting")
        RUNNING = "RUNNING", _("Running")
        TRIED = "TRIED", _("Tried out")
        ASKED = "ASKED", _("Waits for an answer")
        HELD = "HELD", _("Held for a person")
        APPLIED = "APPLIED", _("Applied")
        FAILED = "FAILED", _("Failed")

    file_name = models.CharField(max_length=200)
    options = models.JSONField(default=dict)
    found = models.JSONField(default=dict)  # encoding, delimiter, decimal mark, columns and header of the file
    question = models.JSONField(default=dict)  # while it is asked about: option and choices (words.FileQuestion)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    is_dry_run = models.BooleanField(default=True)
    accepts_deletions = models.BooleanField(default=False)
    percent = models.PositiveSmallIntegerField(default=0)  # of the file that was read
    claim = models.UUIDField(null=True)  # of the worker that runs it
    heartbeat_at = models.DateTimeField(null=True)
    rows = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    deleted = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    joined = models.PositiveIntegerField(default=0)
    remarked = models.PositiveIntegerField(default=0)
    message = models.TextField(blank=True)  # packed words (words.py), told in the reader's language
    actor = models.CharField(max_length=60)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    objects = ArticleImportQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        indexes = [models.Index(fields=["organisation", "chain", "created_at"], name="import_by_time")]

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_at_work(self) -> bool:
        return self.state in {self.State.WAITING, self.State.RUNNING}

    @property
    def told(self) -> str:
        return str(Said.unpacked(self.message)) if self.message else ""


class ImportRemark(TenantModel):
    """A row that was refused, or taken with a remark: its line, the reason and the row as it stood in the file."""

    run = models.ForeignKey(ArticleImport, on_delete=models.CASCADE, related_name="remarks")
    line = models.PositiveIntegerField()
    is_refused = models.BooleanField(default=True)
    code = models.CharField(max_length=20)
    reason = models.TextField()  # packed words
    row = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["organisation", "run", "line"], name="import_remark_line")]

    def __str__(self) -> str:
        return f"{self.line}: {self.told}"

    @property
    def told(self) -> str:
        return str(Said.unpacked(self.reason))
