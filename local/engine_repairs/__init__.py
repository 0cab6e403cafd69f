"""Repairs of the AWS engine (MiniStack 1.5.33), one file each.

Every file says what the engine does and what AWS does. A test in `tests/local` shows each fault, so that a repair goes
when the engine mends it. They replace functions of the engine's modules before its server starts.
"""
