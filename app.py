"""GAN Playground: `streamlit run app.py`.

Streamlit runs this file twice over: once as the server's launcher, which finds ``app`` with our
own routes beside Streamlit's, and then as ``__main__`` for every visit, which draws the pages.
"""

import streamlit as st

if __name__ == "__main__":
    from gan_lab.ui.shell import navigation

    navigation()
else:
    from starlette.middleware import Middleware
    from streamlit.runtime.pages_manager import PagesManager

    from gan_lab.server import Reached, VisitorCookie, alone_on, lifespan, registry, routes

    # A folder named pages is also Streamlit's old way to have several: until somebody had opened
    # the first page, whoever opened another one would get it that way, without this file.
    PagesManager.uses_pages_directory = False

    alone_on(st.get_option("server.address"))
    app = st.App(
        __file__,
        routes=routes(
            registry(),
            st.get_option("server.baseUrlPath") or "",
            any_origin=not st.get_option("server.enableCORS"),
        ),
        lifespan=lifespan,
        middleware=[Middleware(Reached), Middleware(VisitorCookie)],
    )
