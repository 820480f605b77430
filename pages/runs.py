"""Every run of this server, and every folder of one."""

import streamlit as st

from gan_lab.ui import runs, shell

with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
    st.title("Runs", width="content")
    runs.bring()
runs.every_run({"train": shell.TRAIN, "compare": shell.COMPARE, "latent": shell.LATENT})
