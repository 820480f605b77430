"""Look at every data set; bring pictures of one's own."""

import streamlit as st

from gan_lab.ui import data, shell

st.title("Data")
shell.complaints()
st.write("What is real: all that G and D ever learn about. Look at it before you train.")
name = data.which()
data.catalogue()
data.named_set(name)
