"""The HTTP edge: who asks, what they may send, and how errors look."""
