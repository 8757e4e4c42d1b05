"""Siklus' own worker with one more workflow, which ends at its first task: ``-m benchmarks.opening_worker``.

The bare starts of the benchmark of openings so run on the same server, in the same process and
under the same settings as the files.
"""

from functools import partial
from unittest import mock

import workers.main
from benchmarks.floor import BareStart
from workers.cycle import WORKFLOWS, build_worker

if __name__ == "__main__":
    more = partial(build_worker, workflows=[*WORKFLOWS, BareStart])
    with mock.patch.object(workers.main, "build_worker", more):
        workers.main.main()
