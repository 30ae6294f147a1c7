"""`assist` with the engines of `tests.service`: ``python -m tests.fast_assist VERB``, workers included."""

import runpy
import sys

import assist.app
from tests.service import install

if __name__ == "__main__":
    install()
    assist.app.WORKER_COMMAND = (sys.executable, "-m", "tests.fast_assist", "worker")
    runpy.run_module("assist", run_name="__main__")
