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

    from gan_lab.server import VisitorCookie, lifespan, registry, routes

    app = st.App(
        __file__,
        routes=routes(
            registry(),
            st.get_option("server.baseUrlPath") or "",
            any_origin=not st.get_option("server.enableCORS"),
        ),
        lifespan=lifespan,
        middleware=[Middleware(VisitorCookie)],
    )
