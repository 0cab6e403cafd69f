"""Everything that is stored, in memory. Conditions hold as strictly as in the real store."""
