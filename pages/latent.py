"""Walk the latent space of the run on the screen, or give it a picture where it wants one."""

import streamlit as st

from gan_lab.games import game_of
from gan_lab.ui import experiment, live, own_picture, shell

hosted = experiment.run_on_screen()
walks = hosted is None or game_of(hosted.run.latest().config).from_noise
st.title("Latent space" if walks else "Your own picture")
shell.complaints()
if hosted is None:
    st.write("There is no run to explore yet. Train one first, even for a few seconds, then come"
             " back: every picture that it can draw is a point in its latent space.")  # fmt: skip
    st.page_link(shell.TRAIN, label="Go and train one", icon=":material/arrow_forward:")
else:
    with st.sidebar:
        live.about_run(hosted)
    if walks:
        st.write("Each slider is one of the random numbers that the generator turns into a picture."
                 " Move one, and see what it means to the generator.")  # fmt: skip
        live.latent_view(hosted)
    else:
        st.write(
            "This generator begins from a picture, not from noise, so it has no latent space to"
            " walk in. Give it a picture of yours, and see what it makes of it."
        )
        own_picture.own_picture(hosted)
    st.page_link(shell.TRAIN, label="Back to training", icon=":material/arrow_back:",
                 query_params={"run": hosted.view_id})  # fmt: skip
