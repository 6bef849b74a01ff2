"""django-salesforce against local-org: Django's ORM over REST, and models that inspectdb makes of the describes.

Arguments: the http and the https URL of local-org, and a folder for what inspectdb writes. REQUESTS_CA_BUNDLE names the
certificate.
"""

import datetime
import importlib
import sys
from importlib.metadata import version
from pathlib import Path

import django
from django.conf import settings

from behind import connected_app, equal, in_org, names, run, the_org

connected_app("django")
# An app of Django's, for the models that inspectdb makes.
inspected = Path(sys.argv[3], "inspected")
inspected.mkdir()
(inspected / "__init__.py").touch()
sys.path.append(str(inspected.parent))
settings.configure(
    DATABASES={
        "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"},
        "salesforce": {
            "ENGINE": "salesforce.backend",
            "HOST": sys.argv[2],
            "CONSUMER_KEY": "django",
            "CONSUMER_SECRET": "secret",
            "USER": the_org()["users"][0]["username"],
            "PASSWORD": "any",
        },
    },
    DATABASE_ROUTERS=["salesforce.router.ModelRouter"],
    INSTALLED_APPS=["salesforce", "inspected"],
    USE_TZ=True,
    SALESFORCE_QUERY_TIMEOUT=(30, 60),
)
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db.models import Count, Max, Q  # noqa: E402
from salesforce import models  # noqa: E402
from salesforce.dbapi.exceptions import SalesforceError  # noqa: E402


class Account(models.Model):
    name = models.CharField(db_column="Name", max_length=255)
    phone = models.CharField(db_column="Phone", max_length=40, blank=True, null=True)
    employees = models.IntegerField(db_column="NumberOfEmployees", null=True)
    revenue = models.DecimalField(db_column="AnnualRevenue", max_digits=18, decimal_places=0, null=True)
    created = models.DateTimeField(db_column="CreatedDate", sf_read_only=models.READ_ONLY)
    deleted = models.BooleanField(db_column="IsDeleted", sf_read_only=models.READ_ONLY, default=False)

    class Meta(models.Model.Meta):
        app_label = "salesforce_db"
        db_table = "Account"


class Contact(models.Model):
    last_name = models.CharField(db_column="LastName", max_length=80)
    email = models.EmailField(db_column="Email", null=True)
    birthdate = models.DateField(db_column="Birthdate", null=True)
    account = models.ForeignKey(Account, models.DO_NOTHING, db_column="AccountId", null=True)

    class Meta(models.Model.Meta):
        app_label = "salesforce_db"
        db_table = "Contact"


mine = Account.objects.filter(name__startswith="Django")


def create_read_update_delete():
    account = Account.objects.create(name="Django one", employees=0, revenue=12)
    equal(in_org(f"SELECT Name FROM Account WHERE Id = '{account.pk}'")["totalSize"], 1)
    found = Account.objects.get(pk=account.pk)
    equal((found.name, found.employees, found.revenue, found.phone), ("Django one", 0, 12, None))
    age = datetime.datetime.now(datetime.timezone.utc) - found.created
    equal(abs(age) < datetime.timedelta(minutes=5), True)
    found.name = "Django two"
    found.save()
    found.phone = "12"
    found.save(update_fields=["phone"])
    equal(names("Django%"), ["Django two"])
    found.delete()
    equal(names("Django%"), [])
    equal(Account.objects.filter(pk=account.pk).exists(), False)
    equal(Account.objects.query_all().get(pk=account.pk).deleted, True)


def many():
    """More than the 200 records of one request of the collections API."""
    Account.objects.bulk_create([Account(name=f"Django {number:03}", employees=number) for number in range(450)])
    equal(len(names("Django%")), 450)
    equal(mine.count(), 450)
    equal([account.employees for account in mine.order_by("-employees")[:3]], [449, 448, 447])
    equal(mine.filter(employees__gte=400).update(phone="1"), 50)
    equal(in_org("SELECT COUNT() FROM Account WHERE Phone = '1' AND Name LIKE 'Django%'")["totalSize"], 50)
    mine.filter(employees__lt=200).delete()
    equal(mine.count(), 250)


def filters():
    equal(mine.filter(Q(employees=200) | Q(employees=201), ~Q(name="Django 201")).values_list("name", flat=True)[0], "Django 200")
    equal(mine.filter(employees__in=[200, 203, 9999]).count(), 2)
    equal(mine.filter(employees__range=(210, 219)).count(), 10)
    equal(mine.exclude(phone__isnull=True).count(), 50)
    equal(mine.filter(name__icontains="GO 20").count(), 10)
    since = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1)
    equal(mine.filter(created__gt=since).count(), 250)
    equal(mine.aggregate(Max("employees"), Count("pk")), {"employees__max": 449, "pk__count": 250})
    raw = Account.objects.raw("SELECT Id, Name FROM Account WHERE Name = %s", ["Django 300"])
    equal([account.name for account in raw], ["Django 300"])


def parents_and_children():
    account = mine.get(name="Django 300")
    birthdate = datetime.date(2000, 2, 29)
    contact = Contact.objects.create(last_name="O'Django", account=account, birthdate=birthdate, email="a@example.com")
    found = Contact.objects.select_related("account").get(account__name="Django 300")
    equal((found.account.name, found.birthdate, found.last_name), ("Django 300", birthdate, "O'Django"))
    equal([child.pk for child in account.contact_set.all()], [contact.pk])
    equal(mine.filter(contact__isnull=False).count(), 1)
    equal(mine.filter(pk__in=Contact.objects.filter(email="a@example.com").values("account_id")).get().pk, account.pk)


def errors():
    try:
        Account.objects.create(name="x" * 256)
    except SalesforceError as error:
        equal(error.data[0]["errorCode"], "STRING_TOO_LONG")
    else:
        raise AssertionError("the name is too long")
    try:
        Contact.objects.create(last_name="Django", email="none")
    except SalesforceError as error:
        equal(error.data[0]["errorCode"], "INVALID_EMAIL_ADDRESS")
    else:
        raise AssertionError("it is no address")


def inspectdb():
    """What it writes is Python, and its models read and write."""
    with open(inspected / "made.py", "w", encoding="utf-8") as made:
        call_command("inspectdb", "Account", "Opportunity", "Quote", database="salesforce", stdout=made)
    module = importlib.import_module("inspected.made")
    equal(module.Opportunity.objects.using("salesforce").count(), in_org("SELECT COUNT() FROM Opportunity")["totalSize"])
    opportunity = module.Opportunity.objects.using("salesforce").select_related("account")[0]
    expected = in_org(f"SELECT Amount, Account.Name FROM Opportunity WHERE Id = '{opportunity.pk}'")["records"][0]
    equal((float(opportunity.amount), opportunity.account.name), (expected["Amount"], expected["Account"]["Name"]))


run(
    f"django-salesforce {version('django-salesforce')} on Django {version('Django')}",
    {
        "create, read, update, delete": create_read_update_delete,
        "many": many,
        "filters": filters,
        "parents and children": parents_and_children,
        "errors": errors,
        "inspectdb": inspectdb,
    },
)
