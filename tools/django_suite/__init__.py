"""Make the models in Django's own tests, by Django's way and by ours."""
