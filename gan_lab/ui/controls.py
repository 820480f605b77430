"""Start, pause, resume, stop, reset: buttons, their keys, and what stands around them."""

from __future__ import annotations

import secrets
from pathlib import Path

import streamlit as st

from gan_lab.config import KNOBS, ConfigError, Data, put
from gan_lab.data import DRAWN, NAMED, PLANES
from gan_lab.games import game_of
from gan_lab.presets import DEFAULT, FOR_POINTS, preset, presets
from gan_lab.runs import Hosted, State
from gan_lab.runs.messages import Pause, Resume, Slow, Step, Stop
from gan_lab.runs.uploads import Uploads
from gan_lab.ui import experiment, share, shell, sketch
from gan_lab.ui.escape import plain
from gan_lab.ui.widgets import follow, widget

_LISTED = 3  # waiting changes that are spelled out
_NEW_SEEDS = 2**31
_MOST_ROUNDS = 10_000  # of one press
_CLASSES = 100  # of a set; more than that nobody picks from a list


def _new_seed() -> None:
    experiment.start(secrets.randbelow(_NEW_SEEDS))


def start_button() -> None:
    """The one thing to press for who has not pressed anything yet."""
    st.button(
        "Start", type="primary", icon=":material/play_arrow:", key="start", shortcut="S",
        on_click=experiment.start, width=220,
    )  # fmt: skip


def buttons(hosted: Hosted) -> None:
    """All that can be done to the run as a whole; each button keeps its place."""
    state = hosted.run.latest().state
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="controls"):
        if state.over:
            _go_on(hosted)
            st.button("Start again", type="secondary" if _goes_on(hosted) else "primary",
                      icon=":material/play_arrow:", key="start",
                      shortcut="S", on_click=experiment.start)  # fmt: skip
        elif state is State.PAUSED:
            st.button("Resume", type="primary", icon=":material/play_arrow:", key="resume",
                      shortcut="P", on_click=experiment.press, args=(Resume(),))  # fmt: skip
        else:
            st.button("Pause", type="primary", icon=":material/pause:", key="pause",
                      shortcut="P", on_click=experiment.press,
                      args=(Pause(checkpoint=True),))  # fmt: skip
        _steps(hosted, state)
        st.button("Slow motion", icon=":material/slow_motion_video:", key="slow", shortcut="M",
                  disabled=state.over or state is State.LOADING,
                  on_click=experiment.press, args=(Slow(),),
                  help="Pauses the run, plays one step, and shows its parts one after another."
                  )  # fmt: skip
        st.button("Save now", icon=":material/save:", key="save", shortcut="K",
                  disabled=state.over or state is State.LOADING, on_click=experiment.save,
                  help="Saves a checkpoint now. The run also saves one by itself, every"
                  " half minute by default.")  # fmt: skip
        st.button("Stop", icon=":material/stop:", key="stop", shortcut="X", disabled=state.over,
                  on_click=experiment.press, args=(Stop(),),
                  help="Ends the run and keeps its last checkpoint.")  # fmt: skip
        st.button("Reset", icon=":material/replay:", key="same", shortcut="A",
                  on_click=experiment.start,
                  help="Starts from step 0 with the settings on this page: the same seed"
                  " repeats the same run.")  # fmt: skip
        st.button("New seed", icon=":material/casino:", key="new", shortcut="N",
                  on_click=_new_seed, disabled=experiment.locked("training.seed"),
                  help="Starts from step 0 with other initial weights and noise.")  # fmt: skip
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        _elsewhere(hosted)
        share.popover()


def _goes_on(hosted: Hosted) -> bool:
    return hosted.may_go_on(experiment.visitor())


def _go_on(hosted: Hosted) -> None:
    """Where this visitor may: train a run further that is over, or that lay on the disk."""
    if _goes_on(hosted):
        st.button("Go on", type="primary", icon=":material/resume:", key="go-on", shortcut="P",
                  on_click=experiment.go_on, args=(hosted,),
                  help="Continues training from the last checkpoint, as if the run had"
                  " never stopped.")  # fmt: skip


def _steps(hosted: Hosted, state: State) -> None:
    """Some rounds at a time, of everybody or of one player; for a run that stands still."""
    if state is not State.PAUSED:
        help_text = "Pause first. Then train for some steps, both networks or only one of them."
        st.button("Step", icon=":material/skip_next:", key="step", disabled=True, help=help_text)
        return
    with st.popover("Step", icon=":material/skip_next:", key="steps"):
        st.number_input("Rounds", 1, _MOST_ROUNDS, 1, key="rounds")
        players = game_of(hosted.run.latest().config).names
        for player in (None, *players):
            st.button(
                f"{player} alone" if player else "All play", key=f"step:{player}", width="stretch",
                icon=":material/skip_next:", on_click=_play, args=(player,),
            )  # fmt: skip


def _play(player: str | None) -> None:
    """As many rounds as the field says by now: it may have been filled in just before the press."""
    experiment.press(Step(st.session_state.get("rounds", 1), player))


def preset_picker() -> None:
    """One of the presets; choosing one replaces all settings of the next start but the seed."""
    mine = experiment.experiment()
    known = presets()
    shown = mine.preset if mine.preset in known else DEFAULT
    st.selectbox("Preset", list(known), format_func=_preset_in_words,
                 index=list(known).index(shown),
                 **follow("preset", shown, _take_preset), filter_mode="contains",
                 disabled=bool(mine.view.locked),
                 help="A known recipe and its data set; type to search.")  # fmt: skip
    st.caption(known[shown].about)
    if experiment.left_preset(mine):
        st.button(
            "Back to the preset's knobs", icon=":material/undo:", key="back", type="tertiary",
            on_click=experiment.back_to_preset,
            help="Resets every knob to the preset, except the data set and the seed.",
        )  # fmt: skip


def _preset_in_words(name: str) -> str:
    one = presets()[name]
    return f"{one.title} · {one.group}"


def data_picker() -> None:
    """A named set, whole or some of its classes; own pictures where the experiment has such."""
    mine = experiment.experiment()
    name, _, classes = mine.config.data.name.partition(":")
    if name not in (*NAMED, DRAWN):  # a folder or a zip, which may have a colon in it
        name, classes = mine.config.data.name, ""
    locked = experiment.locked("data.name")
    own = [str(path) for path in Uploads(experiment.visitor()).paths()]
    every_set = list(dict.fromkeys((*NAMED, DRAWN, *own, name)))
    st.selectbox("Real pictures", every_set, format_func=_set_in_words,
                 index=every_set.index(name),
                 **follow("data", name, _data_chosen), filter_mode="contains",
                 disabled=locked,
                 help=KNOBS["data.name"].help)  # fmt: skip
    if locked:
        st.caption(f":material/lock: {experiment.LOCKED}")
    st.page_link(shell.DATA, label="View or import pictures",
                 icon=":material/photo_library:",
                 query_params={"set": name if name in NAMED else Path(name).name}
                 if name in NAMED or name in own else None)  # fmt: skip
    if name == DRAWN and not locked:
        sketch.own_points(mine.config.data.name)
    every = NAMED[name].classes if name in NAMED else ()
    if not 1 < len(every) <= _CLASSES:
        return
    picked = {c.strip().lower() for c in classes.split(",")}
    shown = [c for i, c in enumerate(every) if c.lower() in picked or str(i) in picked]

    def narrowed(some: list[str]) -> None:
        whole = not some or len(some) == len(every)
        experiment.change_next("data.name", name if whole else f"{name}:{','.join(some)}")

    st.multiselect("Only these classes", every, placeholder="All classes", disabled=locked,
                   default=shown,
                   **follow("classes", shown, narrowed))  # fmt: skip


def take_data(data: Data, preset_name: str = "") -> bool:
    """What was looked at becomes the next start's: the fields of ``data`` that are set.

    Args:
        preset_name: whose settings are taken before; "" keeps those that are, if their game is one
            for such pictures.

    Returns False, and leaves a complaint, if that would turn what is locked.
    """
    mine = experiment.experiment()
    mine.complaint = ""
    turned = {f"data.{field}": getattr(data, field) for field in data.model_fields_set}
    if any(experiment.locked(path) for path in turned):
        mine.complaint = f"Not changed: the pictures are locked. {experiment.LOCKED}"
        return False
    if not preset_name and turned.get("data.pairs") == "none" != mine.config.data.pairs:
        preset_name = DEFAULT
    if preset_name and not _take_preset(preset_name):
        return False
    _data_chosen(data.name)
    try:
        mine.config = put(mine.config, turned)  # together: some go only with others
    except ConfigError as error:
        mine.complaint = f"Not changed: {error}"
    return not mine.complaint


def _data_chosen(name: str) -> None:
    """A game is played with pictures or with points: a set of the other kind brings its preset."""
    mine = experiment.experiment()
    points = name in PLANES or name.partition(":")[0] == DRAWN
    other = points != game_of(mine.config).plays_points
    if other and not _take_preset(FOR_POINTS if points else DEFAULT):
        return
    experiment.change_next("data.name", f"{DRAWN}:{sketch.WAVE}" if name == DRAWN else name)


def _take_preset(name: str) -> bool:
    """All settings of a preset but the seed, which stays; what a link showed is left behind.

    Returns False if that would turn what is locked.
    """
    mine = experiment.experiment()
    if mine.view.locked:
        mine.complaint = "Not changed: a preset would turn what is locked. " + experiment.LOCKED
        return False
    experiment.leave_link()
    picked, seed = preset(name), mine.config.training.seed
    mine.preset, mine.config = picked.name, picked.config
    experiment.change_next("training.seed", seed)
    return True


def _set_in_words(name: str) -> str:
    if name == DRAWN:
        return "Points: draw your own"
    entry = NAMED.get(name)
    if entry is None:
        return f"Own pictures: {Path(name).name}"
    return entry.title if entry.here() else f"{entry.title}, downloads {entry.megabytes} MB"


def applies_on_restart(hosted: Hosted | None) -> None:
    """Says so, and while a run is on also which changes are waiting."""
    st.caption("Everything in this column applies on restart: with Start or Reset.")
    waiting = experiment.waiting_changes(hosted) if hosted is not None else []
    if waiting:
        shown = "\n".join(f"- {plain(line)}" for line in waiting[:_LISTED])
        more = f"\n- and {len(waiting) - _LISTED} more" if len(waiting) > _LISTED else ""
        st.info(f"Waiting for Reset:\n{shown}{more}", icon=":material/schedule:")


def seed_box() -> None:
    """The seed of the next start."""
    seed = KNOBS["training.seed"]
    widget(seed, experiment.experiment().config, experiment.change_next,
           disabled=experiment.locked(seed.path))  # fmt: skip


def _elsewhere(hosted: Hosted) -> None:
    """Links to what else can be done with the run."""
    walks = game_of(hosted.run.latest().config).from_noise
    words = "Walk its latent space" if walks else "Try it on your own picture"
    st.page_link(shell.LATENT, label=words, icon=":material/explore:",
                 query_params={"run": hosted.view_id})  # fmt: skip
    st.page_link(shell.RUNS, label="All runs", icon=":material/inventory_2:")
    st.page_link(shell.COMPARE, label="Compare", icon=":material/compare:",
                 query_params={"a": hosted.view_id},
                 help="This run beside another one, or beside itself with one knob"
                 " changed.")  # fmt: skip


def guest(hosted: Hosted) -> None:
    """For who looks at a run that is not his: what can be done instead."""
    if hosted.owner:
        words = (
            "You are watching somebody else's run. You can try out its generator; to turn knobs,"
            " start your own run."
        )
    else:
        words = (
            "This run is on the server's disk. You can look at it and try out its generator; to"
            " turn its knobs, press Go on."
        )
    st.info(words, icon=":material/visibility:")

    def take_over() -> None:
        mine = experiment.experiment()
        experiment.adopt(mine, hosted)
        experiment.start()

    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        _go_on(hosted)
        st.button("Start my own with these settings", icon=":material/play_arrow:", key="own",
                  on_click=take_over)  # fmt: skip
        _elsewhere(hosted)
