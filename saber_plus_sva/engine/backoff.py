"""When to try again."""

import random

#: seconds
FIRST_WAIT = 15.0
LONGEST_WAIT = 3600.0
#: an integration that is away is asked more often: a whole base waits for it
LONGEST_PAUSE = 300.0


def wait_before_retry(
    attempt: int,
    retry_after: float | None = None,
    longest: float = LONGEST_WAIT,
) -> float:
    """Seconds to wait after a failed attempt.

    Exponential with full jitter in the upper half, so that rows which failed together
    do not come back together. What the platform asks for (Retry-After, RFC 9110
    section 10.2.3) is never undercut.

    :param attempt: how many attempts have failed, 1 or more
    :param retry_after: seconds that the platform asked for
    :param longest: seconds that are waited at most, unless the platform asks for more
    """
    ceiling = min(longest, FIRST_WAIT * 2 ** min(max(attempt, 1) - 1, 16))
    wait = ceiling * random.uniform(0.5, 1.0)
    return max(wait, retry_after or 0.0)
