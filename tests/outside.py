"""A Python process with PyTorch and without this package, for files that leave the app.

The process stays for all tests of a session, because an import of PyTorch takes seconds.
"""

from __future__ import annotations

import json
import select
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.patience import WAIT

_CHILD = '''
import importlib.machinery, json, os, sys, traceback

ABSENT = {"gan_lab", "sklearn", "streamlit", "pydantic", "scipy", "pandas"}


class Blocker:
    """Only torch, torchvision, numpy, pillow, onnxruntime and what these need may be imported."""

    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ABSENT:
            return importlib.machinery.ModuleSpec(name, self)

    def create_module(self, spec):
        raise ModuleNotFoundError(f"{spec.name} is not here", name=spec.name)

    def exec_module(self, module):
        pass


sys.meta_path.insert(0, Blocker())
requests, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
nothing = os.open(os.devnull, os.O_RDWR)  # scripts print, and must not answer in our place
for number in (0, 1):
    os.dup2(nothing, number)
import torch

folder, environment, threads = os.getcwd(), dict(os.environ), torch.get_num_threads()
for line in requests:
    task = json.loads(line)
    os.chdir(task["folder"])
    os.environ.update(task["environment"])
    sys.argv = ["task", *task["arguments"]]
    failure = ""
    try:
        exec(compile(task["code"], "task", "exec"), {"__name__": "__main__"})
        found = ABSENT & {name.split(".")[0] for name in sys.modules}
        assert not found, found
    except BaseException:
        failure = traceback.format_exc()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    torch.set_num_threads(threads)
    print(json.dumps(failure), file=answers, flush=True)
'''


class Outside:
    """The process; it starts with the first task."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def run(
        self,
        code: str,
        *arguments: object,
        folder: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Execute code there, with its own namespace, arguments, folder and environment.

        Raises AssertionError with the traceback where the code raises or ends its process.
        """
        process = self._process or self._started()
        assert process.stdin is not None and process.stdout is not None
        task = {"code": code, "arguments": [str(a) for a in arguments], "folder": str(folder),
                "environment": dict(environment or {})}  # fmt: skip
        process.stdin.write(json.dumps(task) + "\n")
        process.stdin.flush()
        ready, _, _ = select.select([process.stdout], [], [], 3 * WAIT)
        answer = process.stdout.readline() if ready else ""
        if not answer:
            self.close()
            raise AssertionError("the process ended" if ready else "the process does not answer")
        failure = json.loads(answer)
        assert not failure, failure[-3000:]

    def close(self) -> None:
        """End the process; the next task starts another one."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            with process:  # closes its pipes and waits
                pass

    def _started(self) -> subprocess.Popen[str]:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-W", "ignore", "-c", _CHILD],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        return self._process
