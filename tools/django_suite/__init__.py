"""Create the models in Django's own tests, in Django's way and in ours."""
