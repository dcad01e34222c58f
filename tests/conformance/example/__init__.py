"""A third party's source, as its own package would hold it: a small pager that nobody sells."""
