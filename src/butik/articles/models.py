"""Articles, their barcodes, their versions, and imports."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from butik.lib.tenant import TenantModel
from butik.organisation.models import Chain


class Unit(models.TextChoices):
    PCS = "PCS", _("pcs")
    KG = "KG", _("kg")
    G = "G", _("g")
    L = "L", _("l")
    ML = "ML", _("ml")
    M = "M", _("m")


class ArticleGroup(TenantModel):
    """Groups articles for statistics and, later, discounts and limits."""

    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=60)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "chain", "number"], name="group_once")]

    def __str__(self) -> str:
        return self.name


class Article(TenantModel):
    """A thing sold, as it is now. Written only by `actions.py` and `import_rows.py`, which keep the versions."""

    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="articles")
    number = models.CharField(max_length=20)
    receipt_text = models.CharField(max_length=30)
    name = models.CharField(max_length=200, blank=True)
    search_text = models.CharField(max_length=230)  # normalised; prefix search is a range on it
    group = models.ForeignKey(ArticleGroup, on_delete=models.PROTECT, related_name="articles", null=True)
    unit = models.CharField(max_length=3, choices=Unit, default=Unit.PCS)
    price = models.BigIntegerField()
    vat_rate = models.PositiveIntegerField()
    age_limit = models.PositiveSmallIntegerField(null=True)
    linked_number = models.CharField(max_length=20, blank=True)
    is_blocked = models.BooleanField(default=False)
    is_deleted = models.BooleanField(default=False)
    version = models.BigIntegerField()  # feed position at which it became what it is

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "chain", "number"], name="article_once")]
        indexes = [models.Index(fields=["organisation", "chain", "search_text"], name="article_search")]

    def __str__(self) -> str:
        return f"{self.number} {self.receipt_text}"


class Barcode(TenantModel):
    """A code of an article with the quantity it stands for. `numeric` is the code's identity when it is a number."""

    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="+")
    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="barcodes")
    code = models.CharField(max_length=20)  # without leading zeros when numeric
    quantity_milli = models.BigIntegerField(default=1000)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "chain", "code"], name="barcode_once")]


class ArticleVersion(TenantModel):
    """What an article cost and was at a version: kept for ever, so that every sale can be priced again."""

    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="+")
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


class ArticleImport(TenantModel):
    """One run of a file: tried (dry run), held for a person, applied or failed; with its counts."""

    class State(models.TextChoices):
        WAITING = "WAITING", _("Waiting")
        RUNNING = "RUNNING", _("Running")
        TRIED = "TRIED", _("Tried out")
        HELD = "HELD", _("Held for a person")
        APPLIED = "APPLIED", _("Applied")
        FAILED = "FAILED", _("Failed")

    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="+")
    file_name = models.CharField(max_length=200)
    options = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    is_dry_run = models.BooleanField(default=True)
    accepts_deletions = models.BooleanField(default=False)
    rows = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    deleted = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    remarked = models.PositiveIntegerField(default=0)
    message = models.TextField(blank=True)
    actor = models.CharField(max_length=60)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)


class ImportRemark(TenantModel):
    """A row that was refused, or taken with a remark: its line, the reason and the row as it stood in the file."""

    run = models.ForeignKey(ArticleImport, on_delete=models.CASCADE, related_name="remarks")
    line = models.PositiveIntegerField()
    is_refused = models.BooleanField(default=True)
    code = models.CharField(max_length=30)
    reason = models.CharField(max_length=300)
    row = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["organisation", "run", "line"], name="import_remark_line")]
