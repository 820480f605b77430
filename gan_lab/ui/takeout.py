"""What can be taken of a run as a file."""

from __future__ import annotations

import streamlit as st

from gan_lab.runs import Hosted
from gan_lab.ui import components


def takeout(hosted: Hosted, key: str) -> None:
    """Every kind of file, each made when it is asked for, by the server and not by this script.

    Args:
        key: of the place on the page.
    """
    components.show(
        "takeout", f"takeout:{key}", {"root": f"{components.root()}/takeout/{hosted.view_id}"}
    )


def panel(hosted: Hosted) -> None:
    """``takeout``, folded until somebody wants it."""
    with st.expander("Take it with you", icon=":material/download:", key="open:takeout",
                     on_change="rerun") as box:  # fmt: skip
        if box.open:
            st.caption("Files made from the newest checkpoint of this run.")
            takeout(hosted, "panel")
