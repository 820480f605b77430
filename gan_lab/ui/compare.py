"""Two runs beside each other: what can be done to them, and what is seen of them."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from gan_lab.colours import COLOURS
from gan_lab.config import RunConfig
from gan_lab.games import game_of
from gan_lab.runs import Hosted, State
from gan_lab.runs.messages import Command, Pause, Resume, Stop
from gan_lab.training.figures import common, lone
from gan_lab.ui import components, experiment, live, pairing


def buttons(runs: Sequence[Hosted]) -> None:
    """Pause, go on and stop, for both and for each, as far as the visitor may."""
    visitor = experiment.visitor()
    own = [
        (letter, hosted)
        for letter, hosted in zip(pairing.LETTERS, runs, strict=True)
        if hosted.may_control(visitor)
    ]
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="controls"):
        if len(own) == len(runs):
            _both([hosted for _, hosted in own])
        for letter, hosted in own:
            _each(letter, hosted)
    if not own:
        st.caption("Both are somebody else's: you can look, and try one change in a run of your"
                   " own.")  # fmt: skip
    elif len(own) < len(runs):
        other = next(one for one in pairing.LETTERS if one != own[0][0])
        st.caption(f"{other} is somebody else's run: you can look at it, but not control it.")


def _both(runs: Sequence[Hosted]) -> None:
    # keys of their own: a press that arrives late must not mean the opposite by then
    states = [hosted.run.latest().state for hosted in runs]
    if any(state in (State.RUNNING, State.LOADING) for state in states):
        st.button("Pause both", type="primary", icon=":material/pause:", key="pause:both",
                  shortcut="P", on_click=_press, args=(runs, Pause(checkpoint=True)))  # fmt: skip
    elif State.PAUSED in states:
        st.button("Go on, both", type="primary", icon=":material/play_arrow:", key="resume:both",
                  shortcut="P", on_click=_press, args=(runs, Resume()))  # fmt: skip


def _each(letter: str, hosted: Hosted) -> None:
    state = hosted.run.latest().state
    paused = state is State.PAUSED
    st.button(
        f"Resume {letter}" if paused else f"Pause {letter}",
        key=f"resume:{letter}" if paused else f"pause:{letter}",
        icon=":material/play_arrow:" if paused else ":material/pause:", disabled=state.over,
        on_click=_press, args=([hosted], Resume() if paused else Pause(checkpoint=True)),
    )  # fmt: skip
    st.button(f"Stop {letter}", icon=":material/stop:", key=f"stop:{letter}", disabled=state.over,
              on_click=_press, args=([hosted], Stop()),
              help="Ends the run and keeps its last checkpoint.")  # fmt: skip


def _press(runs: Sequence[Hosted], command: Command) -> None:
    """To each that is neither over nor, by a press elsewhere, already as it should be."""
    already = {Pause: State.PAUSED, Resume: State.RUNNING}.get(type(command))
    states = [(hosted, hosted.run.latest().state) for hosted in runs]
    experiment.send_to_each(
        [hosted for hosted, state in states if not state.over and state is not already], command
    )


def known(runs: Sequence[Hosted]) -> str:
    """What this script knows of both, in the words that the page compares."""
    return " ".join(experiment.heard(hosted) for hosted in runs)


@components.apart
def compare_view(runs: Sequence[Hosted], heard: str) -> None:
    """Pictures, tables and curves of both; reruns the script when one changed by itself.

    Args:
        heard: as ``known`` told it before the script drew anything.
    """
    one, other = (experiment.config_now(hosted) for hosted in runs)
    components.show(
        "compare",
        "compare",
        {
            "letters": pairing.LETTERS,
            "runs": [
                {"socket": live.socket_path(hosted), "title": title}
                for hosted, title in zip(runs, pairing.titles(runs), strict=True)
            ],
            "plotly": components.plotly_path(),
            "heard": heard,
            "colours": COLOURS,
            "figures": live.plots(common(one, other)),
            "words": live.ledger_words(),
            "differs": experiment.differences(one, other),
            "notes": notes(runs),
        },
        on_heard_change=live.nothing,
    )


def notes(runs: Sequence[Hosted]) -> list[str]:
    """What one has to know to compare the two."""
    one, other = (experiment.config_now(hosted) for hosted in runs)
    a, b = pairing.LETTERS
    found = []
    if one == other:
        found.append("No knob differs: whatever differs below came by chance or by the knobs that"
                     " were turned on the way.")  # fmt: skip
    found.append(_pictures(one, other))
    for letter, hosted, partner in ((a, runs[0], runs[1]), (b, runs[1], runs[0])):
        if hosted.parent is not None:
            folder = partner.run.directory.path.name
            whom = (a if letter == b else b) if hosted.parent.run == folder else hosted.parent.run
            found.append(f"{letter} went on from {whom} at step {hosted.parent.step:,}.")
    threads = [hosted.run.threads for hosted in runs]
    if threads[0] != threads[1]:
        found.append(
            f"A trains with {threads[0]} threads and B with {threads[1]}: sums are rounded"
            " otherwise, so even equal runs would differ in their last bits."
        )
    for letter, titles in ((a, lone(one, other)), (b, lone(other, one))):
        if titles:
            found.append(f"Curves that only {letter} has: {', '.join(titles)}.")
    return found


def _pictures(one: RunConfig, other: RunConfig) -> str:
    """Whether the two grids are made of the same inputs."""
    games = [game_of(config) for config in (one, other)]
    if games[0].from_noise != games[1].from_noise or games[0].plays_points != games[1].plays_points:
        return "The two play different games, so their pictures cannot be compared one by one."
    if not games[0].from_noise:
        same = one.data == other.data
        return "Both are shown the same pictures." if same else "The two begin from other pictures."
    differ = [
        words
        for words, values in (
            ("seed", (one.training.seed, other.training.seed)),
            ("latent space", (one.latent, other.latent)),
            ("number of pictures", (one.training.grid, other.training.grid)),
        )
        if values[0] != values[1]
    ]
    if not differ:
        return "The same z in both: each picture of A has its counterpart at the same place in B."
    return (
        f"Not the same z in both, as they differ in their {' and '.join(differ)}: compare the"
        " whole, not single pictures."
    )
