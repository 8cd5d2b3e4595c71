from django.db import models


class Kind(models.Model):
    name = models.CharField(max_length=40, unique=True)


class Line(models.Model):
    order = models.ForeignKey("Order", models.CASCADE)
    kind = models.ForeignKey(Kind, models.PROTECT)
    amount = models.IntegerField()


class Order(models.Model):
    number = models.CharField(max_length=20)
    placed = models.DateTimeField()
