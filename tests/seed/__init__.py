"""The seed document's own example (SRO-001): its shift, its incident, its status page, word for word."""
