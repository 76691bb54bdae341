"""How often something may be asked from outside: a count in the cache, which may be emptied at any time."""

from django.core.cache import cache


def is_too_often(what: str, most: int, seconds: int) -> bool:
    """Count one more asking, and say whether there were more than `most` since the first of the last `seconds`."""
    name = f"throttle:{what}"
    cache.add(name, 0, seconds)
    try:
        return bool(cache.incr(name) > most)
    except ValueError:  # it ran out between the two
        return False
