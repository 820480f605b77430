"""Every run of this server, and every folder of one."""

import streamlit as st

from gan_lab.ui import runs, shell

st.title("Runs")
runs.every_run({"train": shell.TRAIN, "compare": shell.COMPARE})
with st.expander("Bring a run", icon=":material/upload:", key="open:bring",
                 on_change="rerun") as box:  # fmt: skip
    if box.open:
        st.write("A run that was taken from this app as one zip, here or on another machine, opens"
                 " as it was. Nothing in it is executed.")  # fmt: skip
        runs.bring()
