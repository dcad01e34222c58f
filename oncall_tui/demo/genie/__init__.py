"""The company's account in Opsgenie or in its successor: one life, which each of the two shows through its own API."""
