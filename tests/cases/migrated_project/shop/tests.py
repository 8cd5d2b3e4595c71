from django.test import TestCase

from shop.models import Kind


class KindsTests(TestCase):
    def test_the_kinds_of_the_migrations_are_there(self):
        assert Kind.objects.count() == 2
