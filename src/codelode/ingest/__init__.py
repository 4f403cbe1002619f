"""The only writer: scan, plan, build, publish, merge."""
