"""Look at every data set; bring pictures of one's own."""

from pathlib import Path

import streamlit as st

from gan_lab.ui import data, own_data, shell

st.title("Data")
shell.complaints()
st.write("The real images that D compares with G's fakes. Look at them before you train.")
data.bring()
chosen = data.which()
if isinstance(chosen, Path):
    own_data.own_set(chosen)
else:
    data.catalogue()
    data.named_set(chosen)
