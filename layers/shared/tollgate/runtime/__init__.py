"""Where everything meets: settings, composition, HTTP and observability of the functions."""
