"""Walk through the Django migration histories of real projects."""
