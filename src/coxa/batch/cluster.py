"""Where cases run: threads of this process, processes on this computer, or a Dask cluster that runs already."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from coxa.batch.settings import BatchSettings
from coxa.batch.supervised import CaseProcess
from coxa.errors import UsageError

if TYPE_CHECKING:
    from distributed import Client

NOWHERE = "127.0.0.1:0"
"""Dask's workers insist on a web server: it hears this computer only, and has no pages."""
QUIET = {
    "distributed.admin.log-length": 100,
    "distributed.admin.low-level-log-length": 100,
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
}
"""Dask keeps short logs and serves no web pages."""

_here = threading.local()
_children: list[CaseProcess] = []


def run_one(request: Mapping[str, Any], threads: int) -> dict[str, Any]:
    """Run one case in the child process of this thread; what Dask calls on a worker."""
    if getattr(_here, "child", None) is None:
        _here.child = CaseProcess(threads)
        _children.append(_here.child)
    outcome: dict[str, Any] = _here.child.run(request)
    return outcome


@contextmanager
def dask_client(settings: BatchSettings) -> Iterator[Client]:
    """Open the cluster asked for: threads of this process, processes on this computer, or one that runs already."""
    import dask
    from distributed import Client, LocalCluster

    with dask.config.set(QUIET):
        if settings.scheduler is not None:
            try:
                client = Client(settings.scheduler, timeout=20)
            except (OSError, ValueError) as error:
                raise UsageError(f"no Dask scheduler answers at '{settings.scheduler}': start one first") from error
            with client:
                if not client.nthreads():
                    client.wait_for_workers(1, timeout=60)
                yield client
            return
        cluster = LocalCluster(
            n_workers=settings.workers or 1,
            threads_per_worker=1,
            processes=settings.workers is not None,
            memory_limit=0,  # each case has its own limit, in its own process
            dashboard_address=NOWHERE,
            worker_dashboard_address=NOWHERE,
            silence_logs=50,
        )
        with cluster, Client(cluster) as client:
            try:
                yield client
            finally:
                while _children:
                    _children.pop().close()
                _here.child = None
