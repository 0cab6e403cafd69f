"""What tests of several rooms share: an engine, a deployment on it, and builders."""
