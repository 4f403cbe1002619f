"""The benchmark: the only place codelode's figures come from.  `python -m bench.run --help` says how."""
