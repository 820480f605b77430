"""Two runs beside each other: the same seed, one knob changed."""

import streamlit as st

from gan_lab.ui import compare, pairing, shell, trial

pair = pairing.pair()
runs = [hosted for hosted in pair.values() if hosted is not None]
both = len(runs) == len(pairing.LETTERS)
heard = compare.known(runs)  # first: what happens from here on is news to this page
st.title("Two runs at once")
shell.complaints()
if both:
    compare.buttons(runs)
    compare.compare_view(runs, heard)
else:
    st.write("Set two runs beside each other: the same seed and one knob changed shows what that"
             " knob does.")  # fmt: skip

a = pair["A"]
if a is not None:
    title = "Try one change"
    with st.expander(title, icon=":material/science:", expanded=not both, key="open:trial",
                     on_change="rerun") as box:  # fmt: skip
        if box.open:
            trial.try_one_change(a)
title = "Choose other runs" if both else "Choose two runs"
with st.expander(title, icon=":material/list:", expanded=not both, key="open:runs",
                 on_change="rerun") as box:  # fmt: skip
    if box.open:
        pairing.chooser(pair)
        st.page_link(shell.RUNS, label="More of them are on the page Runs",
                     icon=":material/inventory_2:")  # fmt: skip
with st.container(horizontal=True):
    for letter, hosted in pair.items():
        if hosted is not None:
            st.page_link(shell.TRAIN, label=f"Train {letter}", icon=":material/arrow_back:",
                         query_params={"run": hosted.view_id},
                         help="This run alone, with all its knobs.")  # fmt: skip
if not runs:
    st.page_link(shell.TRAIN, label="Go and train one", icon=":material/arrow_forward:")
