"""No test runs an event loop in the main thread, where browser tests may have left one."""

import ast
import asyncio
from pathlib import Path

from tests.event_loop import completed

HERE = Path(__file__).parent
RUNNERS = {"asyncio.run", "asyncio.Runner", "asyncio.new_event_loop", "asyncio.get_event_loop"}


def runners(text: str) -> set[str]:
    """What a source uses of asyncio to run a loop itself."""
    names = [ast.unparse(n) for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Attribute)]
    return RUNNERS & set(names)


def test_a_loop_is_found_however_it_is_run():
    assert runners("thread.submit(asyncio.run, scene)") == {"asyncio.run"}
    assert runners("asyncio.run(scene())") == {"asyncio.run"}
    assert not runners("completed(scene())")


def test_every_other_test_uses_completed():
    own = {HERE / "event_loop.py", Path(__file__)}
    files = [path for path in HERE.rglob("*.py") if path not in own]
    assert [path for path in files if runners(path.read_text("utf-8"))] == []


def test_a_coroutine_completes_also_where_a_loop_is_running():
    async def inner() -> int:
        await asyncio.sleep(0)
        return 3

    async def outer() -> int:
        return completed(inner())

    assert completed(outer()) == 3
