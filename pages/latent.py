"""Walk a latent space, of the run on the screen or of a generator that came with the app; or give a
generator a picture where it wants one."""

import streamlit as st

from gan_lab.games import game_of
from gan_lab.runs import Hosted
from gan_lab.ui import experiment, latent, live, own_picture, shell

hosted = experiment.run_on_screen()
now = latent.chosen(hosted)
walks = not isinstance(now, Hosted) or game_of(now.run.latest().config).from_noise
st.title("Latent space" if walks else "Your own picture")
shell.complaints()
if walks:
    st.write(
        "A generator turns random numbers, called **z**, into a picture. Every z is a place, and"
        " near places look alike: all of them together are its **latent space**. Press *New random"
        " z* a few times, then change one number at a time and watch what it means."
    )
else:
    st.write("This generator begins from a picture, not from noise, so it has no latent space to"
             " walk in. Give it a picture of yours, and see what it makes of it.")  # fmt: skip
latent.picker(now, hosted)
if isinstance(now, Hosted):
    with st.sidebar:
        live.about_run(now)
    if walks:  # no expression, whose value Streamlit would put onto the page
        latent.tools(now)
    else:
        own_picture.own_picture(now)
else:
    st.caption(now.about)
    latent.tools(now)
    latent.how_made(now)
if hosted is None:
    st.write("This generator came with the app. Better still, explore one that you have trained"
             " yourself, even while it learns.")  # fmt: skip
    st.page_link(shell.TRAIN, label="Go and train one", icon=":material/arrow_forward:")
else:
    st.page_link(shell.TRAIN, label="Back to training", icon=":material/arrow_back:",
                 query_params={"run": hosted.view_id})  # fmt: skip
