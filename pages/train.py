"""Train a GAN and watch it: pictures, curves and knobs."""

import streamlit as st

from gan_lab.ui import (
    changes,
    controls,
    editor,
    experiment,
    knobs,
    live,
    runs,
    share,
    shell,
    takeout,
    welcome,
)

mine = experiment.experiment()
share.begin()
hosted = experiment.run_on_screen()
in_charge = hosted is None or hosted.may_control(experiment.visitor())

if hosted is None:
    shell.complaints()
    runs.offer_alive(experiment.look_at)
    runs.offer_left_behind(shell.RUNS)
    welcome.welcome(mine.config)
    title = "Knobs that you can turn at any time"
    with st.expander(title, key="open:live", on_change="rerun") as box:
        if box.open:
            knobs.live_knobs(mine.config)
    board = st.container()
else:
    known = experiment.heard(hosted)  # first: what happens from here on is news to this page
    if in_charge:
        controls.buttons(hosted)
    else:
        controls.guest(hosted)
    shell.complaints()
    share.banner()
    board, panel = st.columns([73, 27], gap="medium") if in_charge else (st.container(), None)
    with board:
        live.live_view(hosted, known)
        if in_charge:
            changes.changes_panel(hosted)
        takeout.panel(hosted)
    if panel is not None:
        with panel:
            st.subheader("Knobs that act at once")
            knobs.live_knobs(experiment.config_now(hosted), changes.last_changes(hosted))

# last, so that the pictures need not wait for it
if in_charge and experiment.restart_shown():
    if experiment.shown("networks.g.layers"):
        title = "Both networks, layer by layer"
        with board, st.expander(title, key="open:layers", on_change="rerun") as box:
            if box.open:
                st.caption("What you change here applies on restart: with Start or Reset.")
                g, d = st.tabs(["Generator", "Discriminator"])
                with g:
                    editor.layer_editor(mine.config, "g")
                with d:
                    editor.layer_editor(mine.config, "d")
    with st.sidebar:
        st.subheader("Experiment")
        if mine.view.only is None:
            controls.preset_picker()
        if experiment.shown("data.name"):
            controls.data_picker()
        if experiment.shown("training.seed"):
            controls.seed_box()
        controls.applies_on_restart(hosted)
        knobs.rebuild_knobs(mine.config)
