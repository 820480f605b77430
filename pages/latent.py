"""Walk the latent space of the run on the screen."""

import streamlit as st

from gan_lab.ui import experiment, live, shell

hosted = experiment.run_on_screen()
st.title("Latent space")
shell.complaints()
if hosted is None:
    st.write("There is no run to explore yet. Train one first, even for a few seconds, then come"
             " back: every picture that it can draw is a point in its latent space.")  # fmt: skip
    st.page_link(shell.TRAIN, label="Go and train one", icon=":material/arrow_forward:")
else:
    with st.sidebar:
        live.about_run(hosted)
    st.write("Each slider is one of the random numbers that the generator turns into a picture."
             " Move one, and see what it means to the generator.")  # fmt: skip
    live.latent_view(hosted)
    st.page_link(shell.TRAIN, label="Back to training", icon=":material/arrow_back:",
                 query_params={"run": hosted.view_id})  # fmt: skip
