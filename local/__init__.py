"""The laptop stack: the real template on a local AWS engine behind one loopback port."""
