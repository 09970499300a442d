"""Resources: storage (artifacts), catalogue (applications on disk), profile (the configuration), sandbox (verdicts)."""
