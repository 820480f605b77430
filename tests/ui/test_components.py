"""What our components share."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def _page() -> None:
    """A page with a part that hears news while a press is being acted on."""
    import streamlit as st
    from streamlit.runtime.scriptrunner import RerunData, get_script_run_ctx

    from gan_lab.ui import components

    def count(name: str) -> None:
        st.session_state[name] = st.session_state.get(name, 0) + 1

    def news() -> None:
        context = get_script_run_ctx()
        assert context is not None
        (heard,) = context.fragment_storage._fragments if st.session_state["apart"] else [None]
        context.script_requests.request_rerun(
            RerunData(page_script_hash=context.page_script_hash, fragment_id=heard)
        )

    def pressed() -> None:
        news()
        count("acted")

    st.session_state.setdefault("apart", True)
    count("page")
    st.button("Go", key="go", on_click=pressed)
    draw = components.apart(count) if st.session_state["apart"] else count
    draw("part")


def test_news_of_a_part_cut_no_press_short_and_have_the_whole_page_drawn_anew() -> None:
    app = AppTest.from_function(_page).run()
    assert (app.session_state["page"], app.session_state["part"]) == (1, 1)
    app.button(key="go").click().run()
    assert app.session_state["acted"] == 1
    assert (app.session_state["page"], app.session_state["part"]) == (3, 3)
    app.run()
    assert (app.session_state["page"], app.session_state["part"]) == (4, 4)


def test_news_of_the_page_itself_would_cut_it_short() -> None:
    app = AppTest.from_function(_page)
    app.session_state["apart"] = False
    app.run().button(key="go").click().run()
    assert "acted" not in app.session_state
