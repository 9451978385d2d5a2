"""Modules that need torch are run by tests that skip without it, and are no tests."""

collect_ignore = ["awkward_modules.py", "record_torch.py"]
