"""How often something may be asked from outside: a count in the cache, which may be emptied at any time."""

from django.core.cache import cache
from redis.exceptions import RedisError


def is_too_often(what: str, most: int, seconds: int) -> bool:
    """Count one more asking, and say whether there were more than `most` since the first of the last `seconds`."""
    name = f"throttle:{what}"
    try:
        cache.add(name, 0, seconds)
        return bool(cache.incr(name) > most)
    except (ValueError, RedisError):  # it ran out between the two, or the cache is away: what must hold is in the books
        return False
