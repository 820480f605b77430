"""Worker processes with limits of time and memory, for functions that decode untrusted bytes.

A decoder that loops, allocates too much or crashes takes down a worker process, never the server::

    from gan_lab.sandbox import Limits, Pool

    pool = Pool(2)
    pixels = pool.call(decode, content, limits=Limits(cpu_seconds=5), errors=(Unreadable,))
"""

from gan_lab.sandbox.limits import Limits, SandboxError
from gan_lab.sandbox.pool import Pool

__all__ = ["Limits", "Pool", "SandboxError"]
